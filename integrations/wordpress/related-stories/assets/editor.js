/* The block in the editor: what readers will see, made by the server. Plain JavaScript, nothing to build. */
( function ( blocks, blockEditor, components, element, i18n, ServerSideRender ) {
	'use strict';

	var el = element.createElement;
	var __ = i18n.__;

	blocks.registerBlockType( 'related-stories/block', {
		edit: function ( props ) {
			var attributes = props.attributes;
			return el(
				element.Fragment,
				null,
				el(
					blockEditor.InspectorControls,
					null,
					el(
						components.PanelBody,
						{ title: __( 'Stories', 'related-stories' ) },
						el( components.RangeControl, {
							label: __( 'Number of stories', 'related-stories' ),
							help: __( '0: as the settings say.', 'related-stories' ),
							min: 0,
							max: 10,
							value: attributes.number,
							onChange: function ( number ) {
								props.setAttributes( { number: number || 0 } );
							},
						} ),
						el( components.TextControl, {
							label: __( 'Heading', 'related-stories' ),
							value: attributes.heading,
							onChange: function ( heading ) {
								props.setAttributes( { heading: heading } );
							},
						} )
					)
				),
				el(
					'div',
					blockEditor.useBlockProps(),
					el( components.Disabled, null, el( ServerSideRender, {
						block: 'related-stories/block',
						attributes: attributes,
						urlQueryArgs: { post_id: props.context.postId },
					} ) )
				)
			);
		},
		save: function () {
			return null;
		},
	} );
} )( window.wp.blocks, window.wp.blockEditor, window.wp.components, window.wp.element, window.wp.i18n, window.wp.serverSideRender );
