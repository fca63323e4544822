<?php
/**
 * What the tests do within WordPress: php site.php ROOT COMMAND, with the arguments as JSON on standard input.
 */

namespace RelatedStoriesTests;

list( , $root, $command ) = $argv;

if ( 'install' === $command ) {
	$mysql = new \mysqli();
	preg_match( "/localhost:([^']+)'/", file_get_contents( "$root/wp-config.php" ), $found );
	$mysql->real_connect( 'localhost', 'root', '', null, 0, $found[1] );
	$mysql->query( 'CREATE DATABASE wordpress CHARACTER SET utf8mb4' );
	define( 'WP_INSTALLING', true );
}
$_SERVER += array(
	'HTTP_HOST'       => 'localhost',
	'REQUEST_URI'     => '/',
	'REQUEST_METHOD'  => 'GET',
	'SERVER_NAME'     => 'localhost',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
	'REMOTE_ADDR'     => '127.0.0.1',
);
ob_start();
require "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/admin.php';

/** Install WordPress and turn the plug-in on. */
function install( string $password ): array {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	wp_install( 'The Seeds', 'admin', 'admin@example.org', true, '', $password );
	update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
	update_option( 'template', 'twentytwentythree' );
	update_option( 'stylesheet', 'twentytwentythree' );
	update_option( 'active_plugins', array( 'related-stories/related-stories.php' ) );
	foreach ( array_keys( get_posts( array( 'numberposts' => -1, 'post_type' => 'any', 'fields' => 'ids' ) ) ) as $i ) {
		wp_delete_post( $i + 1, true );
	}
	return array( 'version' => $GLOBALS['wp_version'] );
}

/** Set options. */
function options( array $options ): bool {
	foreach ( $options as $name => $value ) {
		update_option( $name, $value );
	}
	flush_rewrite_rules();
	return true;
}

/** Options as they are. */
function option( string $name ) {
	return get_option( $name );
}

/** Write posts; returns their numbers. */
function posts( array $posts ): array {
	wp_set_current_user( 1 );
	return array_map(
		static function ( array $post ): int {
			$id = wp_insert_post( wp_slash( $post ), true );
			if ( is_wp_error( $id ) ) {
				throw new \RuntimeException( $id->get_error_message() );
			}
			return $id;
		},
		$posts
	);
}

/** Change a post. */
function update( int $id, array $fields ): bool {
	wp_set_current_user( 1 );
	return ! is_wp_error( wp_update_post( wp_slash( array( 'ID' => $id ) + $fields ), true ) );
}

/** Put a post into the trash, take it out again, or delete it for good. */
function trash( int $id ): bool {
	return (bool) wp_trash_post( $id );
}

function untrash( int $id ): bool {
	add_filter( 'wp_untrash_post_status', 'wp_untrash_post_set_previous_status', 10, 3 );
	return (bool) wp_untrash_post( $id );
}

function delete( int $id ): bool {
	return (bool) wp_delete_post( $id, true );
}

/** What the plug-in would send. */
function story( int $id ): array {
	return \RelatedStories\Story::of( get_post( $id ) );
}

/** The ids of posts in the service. */
function story_ids( array $ids ): array {
	return array_map(
		static function ( int $id ): string {
			return \RelatedStories\Posts::story_id( get_post( $id ) );
		},
		$ids
	);
}

/** Give posts a picture. */
function picture( string $file, array $ids, string $caption ): int {
	$upload = wp_upload_bits( basename( $file ), null, file_get_contents( $file ) );
	$image  = wp_insert_attachment( array( 'post_title' => 'picture', 'post_excerpt' => $caption, 'post_mime_type' => 'image/jpeg', 'post_status' => 'inherit' ), $upload['file'] );
	wp_update_attachment_metadata( $image, wp_generate_attachment_metadata( $image, $upload['file'] ) );
	foreach ( $ids as $id ) {
		set_post_thumbnail( $id, $image );
	}
	return $image;
}

/** Where a post is read. */
function permalinks( array $ids ): array {
	return array_map( 'get_permalink', $ids );
}

/** Let the time of a scheduled post come, as WP-Cron would. */
function come_due( int $id ): bool {
	global $wpdb;
	$now = time() - 5;
	$wpdb->update( $wpdb->posts, array( 'post_date' => wp_date( 'Y-m-d H:i:s', $now ), 'post_date_gmt' => gmdate( 'Y-m-d H:i:s', $now ) ), array( 'ID' => $id ) );
	clean_post_cache( $id );
	do_action( 'publish_future_post', $id );
	return 'publish' === get_post_status( $id );
}

/** The plug-in's command of WP-CLI, which Debian does not have; returns what it says. */
function cli( array $ids, array $options ): array {
	require __DIR__ . '/wp-cli.php';
	( new \RelatedStories\Cli() )->send( array_map( 'strval', $ids ), $options );
	return \WP_CLI::$said;
}

/** Post meta. */
function meta( int $id, string $name ): string {
	return (string) get_post_meta( $id, $name, true );
}

/** What is kept under a name. */
function transient( string $name ) {
	return get_transient( $name );
}

/** Forget the block of a post. */
function forget( int $id ): bool {
	\RelatedStories\Blocks::forget( array( $id ) );
	return true;
}

/** Let the kept block of a post be too old to be shown without asking. */
function age( int $id ): bool {
	$kept = get_transient( "related_stories_of_$id" );
	foreach ( $kept as $number => $block ) {
		$kept[ $number ]['time'] = time() - DAY_IN_SECONDS;
	}
	return set_transient( "related_stories_of_$id", $kept, DAY_IN_SECONDS );
}

/** Let posts be due whose next try lies in the future. */
function hurry(): int {
	global $wpdb;
	$wpdb->query( "UPDATE $wpdb->postmeta SET meta_value = '1' WHERE meta_key = '_related_stories_due'" );
	delete_transient( 'related_stories_pause' );
	\RelatedStories\Sender::wake( time() );
	return 0;
}

/** Begin to send everything. */
function send_all(): bool {
	\RelatedStories\Bulk::start();
	return true;
}

/** The site as "Tools, Export" writes it. */
function export(): string {
	require_once ABSPATH . 'wp-admin/includes/export.php';
	wp_set_current_user( 1 );
	ob_start();
	@export_wp( array( 'content' => 'post' ) ); // It sends headers.
	return (string) ob_get_clean();
}

/** A password for the REST API. */
function password(): string {
	list( $password ) = \WP_Application_Passwords::create_new_application_password( 1, array( 'name' => 'tests' ) );
	return $password;
}

/** Names of what the plug-in has left in the database. */
function leftovers(): array {
	global $wpdb;
	return array_merge(
		$wpdb->get_col( "SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%related\\_stories%'" ),
		$wpdb->get_col( "SELECT DISTINCT meta_key FROM $wpdb->postmeta WHERE meta_key LIKE '%related\\_stories%'" ),
		wp_next_scheduled( 'related_stories_work' ) ? array( 'a task' ) : array()
	);
}

/** Turn the plug-in off and uninstall it, as the list of plug-ins does. */
function uninstall(): bool {
	deactivate_plugins( 'related-stories/related-stories.php' );
	uninstall_plugin( 'related-stories/related-stories.php' );
	return true;
}

$answer = call_user_func_array( __NAMESPACE__ . '\\' . $command, (array) json_decode( stream_get_contents( STDIN ), true ) );
remove_action( 'shutdown', 'wp_ob_end_flush_all', 1 );
do_action( 'shutdown' ); // What a request does at its end, before the answer.
remove_all_actions( 'shutdown' );
ob_end_clean();
echo 'answer:' . json_encode( $answer );
