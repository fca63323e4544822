<?php
// The ids that the plug-in gives to guids: JSON in, JSON out; without WordPress.
define( 'ABSPATH', __DIR__ );
$encoder = '/usr/share/wordpress/wp-includes/Requests/IDNAEncoder.php';
if ( file_exists( $encoder ) ) {
	require dirname( $encoder ) . '/Exception.php';
	require $encoder;
}
require dirname( __DIR__, 2 ) . '/integrations/wordpress/related-stories/includes/class-story-id.php';
echo json_encode( array_map( array( 'RelatedStories\Story_Id', 'from_guid' ), json_decode( stream_get_contents( STDIN ), true ) ) );
