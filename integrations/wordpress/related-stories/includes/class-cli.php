<?php
/**
 * The command "wp related-stories". Knows the command line of WordPress, and calls what the plug-in has.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Sends posts to the related-stories service.
 */
final class Cli {

	/**
	 * Sends posts now.
	 *
	 * ## OPTIONS
	 *
	 * [<id>...]
	 * : Numbers of posts.
	 *
	 * [--all]
	 * : All posts.
	 *
	 * @param string[] $ids     Numbers of posts.
	 * @param array    $options Whether all.
	 */
	public function send( array $ids, array $options ): void {
		if ( ! Settings::complete() ) {
			\WP_CLI::error( __( 'The address or the key of the service is not set.', 'related-stories' ) );
		}
		foreach ( array_map( 'absint', $ids ) as $post_id ) {
			$problem = Sender::send( $post_id );
			\WP_CLI::log( $post_id . ': ' . ( '' === $problem ? __( 'sent', 'related-stories' ) : $problem ) );
		}
		if ( ! empty( $options['all'] ) ) {
			Bulk::start();
			Bulk::step( 0 );
			$this->status();
		}
	}

	/**
	 * Says how far sending is, and whether the service can be used.
	 */
	public function status(): void {
		foreach ( Settings_Page::tried() as list( $well, $words ) ) {
			\WP_CLI::log( ( $well ? '+ ' : '- ' ) . $words );
		}
		$state = Bulk::state();
		if ( null !== $state ) {
			/* translators: 1: number of posts sent, 2: number of all, 3: number refused */
			\WP_CLI::log( trim( sprintf( __( '%1$d of about %2$d posts sent, %3$d refused.', 'related-stories' ), $state['sent'], $state['total'], $state['refused'] ) . ' ' . $state['problem'] ) );
		}
	}
}
