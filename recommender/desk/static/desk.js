// What the desk's pages gain by a script. Everything works without it, as links and forms.
