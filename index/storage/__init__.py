"""Files and arrays that know neither stories nor vectors: generations, memory maps, columns, worker pools."""
