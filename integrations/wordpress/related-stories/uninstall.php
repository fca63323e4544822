<?php
/**
 * Leaves nothing behind: options, kept blocks, post meta, tasks.
 *
 * @package RelatedStories
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Clean one site.
 */
function related_stories_uninstall_site() {
	global $wpdb;
	foreach ( array( 'related_stories', '_transient_related_stories', '_transient_timeout_related_stories' ) as $prefix ) {
		$names = $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name = %s OR option_name LIKE %s", $prefix, $wpdb->esc_like( $prefix . '_' ) . '%' ) );
		array_map( 'delete_option', $names );
	}
	foreach ( array( '_related_stories_id', '_related_stories_due', '_related_stories_tries', '_related_stories_problem' ) as $key ) {
		delete_post_meta_by_key( $key );
	}
	wp_unschedule_hook( 'related_stories_work' );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $related_stories_site ) {
		switch_to_blog( $related_stories_site );
		related_stories_uninstall_site();
		restore_current_blog();
	}
} else {
	related_stories_uninstall_site();
}
