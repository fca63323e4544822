/* The panel beside a draft: the service's page in a frame, which is told the draft and sets links. Plain JavaScript. */
( function ( apiFetch, blocks, data, editPost, element, i18n, plugins, richText, told ) {
	'use strict';

	var el = element.createElement;
	var __ = i18n.__;
	var PAUSE = 700; // Milliseconds without a change before the draft is told.
	var page = new URL( told.service + '/sidebar' );

	/* The draft as it is now. */
	function draft() {
		var editor = data.select( 'core/editor' );
		return {
			headline: editor.getEditedPostAttribute( 'title' ) || '',
			deck: editor.getEditedPostAttribute( 'excerpt' ) || '',
			body: editor.getEditedPostContent() || '',
		};
	}

	/* All blocks with a text, also those within others. */
	function texts( some ) {
		return some.reduce( function ( found, block ) {
			var own = block.attributes.content === undefined ? [] : [ block ];
			return found.concat( own, texts( block.innerBlocks ) );
		}, [] );
	}

	function htmlOf( block ) {
		return String( block.attributes.content );
	}

	/* How many characters beside a phrase are those that were told. */
	function alike( text, at, link ) {
		var before = 0;
		var after = 0;
		var end = at + link.phrase.length;
		while ( before < link.before.length && text[ at - 1 - before ] === link.before[ link.before.length - 1 - before ] ) {
			before++;
		}
		while ( after < link.after.length && text[ end + after ] === link.after[ after ] ) {
			after++;
		}
		return before + after;
	}

	/* Where a phrase stands outside of links, with most of its neighbours; null where it does nowhere. */
	function placeOf( link ) {
		var best = null;
		texts( data.select( 'core/block-editor' ).getBlocks() ).forEach( function ( block ) {
			var value = richText.create( { html: htmlOf( block ) } );
			for ( var at = value.text.indexOf( link.phrase ); at >= 0; at = value.text.indexOf( link.phrase, at + 1 ) ) {
				var linked = value.formats.slice( at, at + link.phrase.length ).some( function ( formats ) {
					return ( formats || [] ).some( function ( format ) {
						return format.type === 'core/link';
					} );
				} );
				var weight = alike( value.text, at, link );
				if ( ! linked && ( ! best || weight > best.weight ) ) {
					best = { block: block, value: value, at: at, weight: weight };
				}
			}
		} );
		return best;
	}

	function linked( value, url, start, end ) {
		return richText.toHTMLString( { value: richText.applyFormat( value, { type: 'core/link', attributes: { url: url } }, start, end ) } );
	}

	/* Set a link: around its phrase, or as a paragraph of its own behind the block where the cursor is. */
	function insert( link ) {
		var editor = data.dispatch( 'core/block-editor' );
		if ( ! /^https?:/.test( link.url ) ) {
			return false;
		}
		if ( ! link.phrase ) {
			var words = richText.create( { text: link.headline } );
			var paragraph = blocks.createBlock( 'core/paragraph', { content: linked( words, link.url, 0, words.text.length ) } );
			var here = data.select( 'core/block-editor' ).getBlockInsertionPoint();
			editor.insertBlocks( paragraph, here.index, here.rootClientId );
			return true;
		}
		var place = placeOf( link );
		if ( ! place ) {
			return false;
		}
		editor.updateBlockAttributes( place.block.clientId, {
			content: linked( place.value, link.url, place.at, place.at + link.phrase.length ),
		} );
		return true;
	}

	function Frame() {
		var frame = element.useRef( null );
		element.useEffect( function () {
			var sent = '';
			var timer = 0;
			var isOpen = false;
			function send( message ) {
				if ( frame.current && frame.current.contentWindow ) {
					frame.current.contentWindow.postMessage( message, page.origin );
				}
			}
			function tellDraft() {
				var now = draft();
				var text = JSON.stringify( now );
				if ( text === sent ) {
					return;
				}
				if ( ! isOpen ) {
					tellToken();
					return;
				}
				sent = text;
				send( { related: 'draft', draft: now } );
			}
			function tellToken() {
				apiFetch( { path: told.token, method: 'POST' } ).then(
					function ( answer ) {
						send( { related: 'token', token: answer.token } );
						isOpen = true;
						tellDraft();
					},
					function () {
						send( { related: 'token', token: '' } ); // None now: the next change of the draft asks again.
						isOpen = false;
					}
				);
			}
			function heard( event ) {
				if ( event.origin !== page.origin || ! frame.current || event.source !== frame.current.contentWindow || ! event.data ) {
					return;
				}
				if ( event.data.related === 'token' ) {
					tellToken();
				} else if ( event.data.related === 'insert' ) {
					send( { related: 'inserted', done: insert( event.data.link ) } );
				}
			}
			var shown = frame.current;
			var unsubscribe = data.subscribe( function () {
				clearTimeout( timer );
				timer = setTimeout( tellDraft, PAUSE );
			} );
			window.addEventListener( 'message', heard );
			shown.addEventListener( 'load', tellToken );
			return function () {
				clearTimeout( timer );
				unsubscribe();
				window.removeEventListener( 'message', heard );
				shown.removeEventListener( 'load', tellToken );
			};
		}, [] );
		return el( 'iframe', {
			ref: frame,
			src: page.href,
			title: __( 'Related stories', 'related-stories' ),
			style: { width: '100%', height: '80vh', border: 0 },
		} );
	}

	plugins.registerPlugin( 'related-stories', {
		icon: 'admin-links',
		render: function () {
			return el(
				editPost.PluginSidebar, // Its own: the panels of the post go while one writes in a block.
				{ name: 'related-stories', title: __( 'Related stories', 'related-stories' ), icon: 'admin-links', className: 'related-stories-panel' },
				el( Frame )
			);
		},
	} );
} )(
	window.wp.apiFetch,
	window.wp.blocks,
	window.wp.data,
	window.wp.editor && window.wp.editor.PluginSidebar ? window.wp.editor : window.wp.editPost,
	window.wp.element,
	window.wp.i18n,
	window.wp.plugins,
	window.wp.richText,
	window.relatedStoriesPanel
);
