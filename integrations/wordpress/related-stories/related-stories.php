<?php
/**
 * Plugin Name: Related Stories
 * Description: Sends posts to a related-stories service when they are published, changed or hidden, and shows the block of related stories that it answers with.
 * Version: 0.1.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * License: MIT
 * License URI: https://opensource.org/licenses/MIT
 * Text Domain: related-stories
 *
 * The licence is compatible with the GPL.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';
const FILE    = __FILE__;

foreach ( array( 'settings', 'story-id', 'story', 'client', 'blocks', 'posts', 'sender', 'bulk', 'display', 'webhook', 'panel', 'settings-page', 'cli' ) as $related_stories_part ) {
	require_once __DIR__ . '/includes/class-' . $related_stories_part . '.php';
}
unset( $related_stories_part );

Sender::register();
Bulk::register();
Display::register();
Webhook::register();
Panel::register();
if ( is_admin() ) {
	Settings_Page::register();
}
if ( defined( 'WP_CLI' ) && \WP_CLI ) {
	\WP_CLI::add_command( 'related-stories', Cli::class );
}

register_deactivation_hook( __FILE__, array( Sender::class, 'stop' ) );
