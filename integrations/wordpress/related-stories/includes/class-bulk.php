<?php
/**
 * All posts to the service, some at a time. Knows which posts, not what a story holds.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Sending everything: the first time, and after anything that changes all posts at once.
 */
final class Bulk {

	const STATE      = 'related_stories_bulk';
	const LOCK       = 'related_stories_bulk_lock';
	const BATCH      = 20;
	const SECONDS    = 20; // That one run of WP-Cron works.
	const LOCK_ENDS  = 5 * MINUTE_IN_SECONDS;
	const MOST_BYTES = 8 * MB_IN_BYTES; // Of one request; the service takes 16.

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action( 'update_option_home', array( self::class, 'start' ) );
	}

	/**
	 * Begin with the first post.
	 */
	public static function start(): void {
		if ( ! Settings::complete() ) {
			return;
		}
		update_option(
			self::STATE,
			array(
				'after'   => 0,
				'total'   => self::count(),
				'sent'    => 0,
				'refused' => 0,
				'problem' => '',
				'done'    => false,
			),
			false
		);
		Sender::wake( time() );
	}

	/**
	 * How far it is; null where nothing was begun.
	 *
	 * @return array|null
	 */
	public static function state(): ?array {
		$state = get_option( self::STATE );
		return is_array( $state ) ? $state : null;
	}

	/**
	 * Go on, if something was begun. Called by WP-Cron.
	 *
	 * @param int $seconds How long to work; 0: to the end.
	 */
	public static function step( int $seconds = self::SECONDS ): void {
		$state = self::state();
		if ( null === $state || $state['done'] || ! self::lock() ) {
			return;
		}
		$end = time() + $seconds;
		do {
			$state = self::batch( $state );
			update_option( self::STATE, $state, false );
			update_option( self::LOCK, time(), false );
		} while ( ! $state['done'] && '' === $state['problem'] && ( ! $seconds || time() < $end ) );
		delete_option( self::LOCK );
		if ( ! $state['done'] ) {
			Sender::wake( time() + ( '' === $state['problem'] ? 1 : Sender::FIRST_RETRY ) );
		}
	}

	/**
	 * Send the next posts.
	 *
	 * @param array $state How far it is.
	 * @return array
	 */
	private static function batch( array $state ): array {
		$ids              = self::ids( $state['after'] );
		$state['problem'] = '';
		if ( ! $ids ) {
			$state['done'] = true;
			return $state;
		}
		_prime_post_caches( $ids, true, true );
		$lines = array();
		$posts = array();
		$size  = 0;
		foreach ( $ids as $post_id ) {
			$post  = get_post( $post_id );
			$story = $post instanceof \WP_Post && self::is_sendable( $post ) ? Story::of( $post ) : null;
			$line  = null === $story ? '' : wp_json_encode( $story, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES );
			if ( $lines && $size + strlen( (string) $line ) > self::MOST_BYTES ) {
				break;
			}
			$last = $post_id;
			if ( $line ) {
				$lines[] = $line;
				$posts[] = array( $post, $story );
				$size   += strlen( $line );
			}
		}
		if ( $lines ) {
			$answer = Client::call( 'POST', '/stories', implode( "\n", $lines ), Client::BULK_SECONDS, array( 'Content-Type' => 'application/x-ndjson' ) );
			if ( 200 !== $answer['status'] || isset( $answer['body']['problem'] ) ) {
				$state['problem'] = '' !== $answer['detail'] ? $answer['detail'] : __( 'The service stopped before the last post.', 'related-stories' );
				return $state;
			}
			$state = self::settle( $state, $posts, $answer['body'] );
		}
		$state['after'] = $last;
		return $state;
	}

	/**
	 * Note what became of the posts of one request.
	 *
	 * @param array   $state How far it is.
	 * @param array[] $posts Pairs of post and story, in the order of their lines.
	 * @param array   $body  Of the answer.
	 * @return array
	 */
	private static function settle( array $state, array $posts, array $body ): array {
		foreach ( (array) ( $body['stories'] ?? array() ) as $done ) {
			list( $post, $story ) = $posts[ (int) ( $done['line'] ?? 0 ) - 1 ] ?? array( null, null );
			if ( null === $post ) {
				continue;
			}
			if ( 'older' === $done['outcome'] || 'deleted' === $done['outcome'] ) {
				$problem = Sender::send( $post->ID );
				++$state[ '' === $problem ? 'sent' : 'refused' ];
				continue;
			}
			Sender::settle(
				$post,
				$story,
				array(
					'status' => 200,
					'body'   => $done,
					'detail' => '',
				)
			);
			++$state['sent'];
		}
		foreach ( (array) ( $body['refused'] ?? array() ) as $refused ) {
			list( $post, $story ) = $posts[ (int) ( $refused['line'] ?? 0 ) - 1 ] ?? array( null, null );
			if ( null !== $post ) {
				Sender::settle(
					$post,
					$story,
					array(
						'status' => 422,
						'body'   => array(),
						'detail' => mb_substr( (string) ( $refused['detail'] ?? '' ), 0, 500 ),
					)
				);
				++$state['refused'];
			}
		}
		return $state;
	}

	/**
	 * Whether the service has to know a post: one that readers see or will, or have seen before.
	 *
	 * @param \WP_Post $post A post.
	 * @return bool
	 */
	private static function is_sendable( \WP_Post $post ): bool {
		return Story::HIDDEN !== Story::standing( $post ) || Sender::is_sent( $post ) || in_array( $post->post_status, array( 'private', 'trash' ), true ) || '' !== $post->post_password;
	}

	/**
	 * Numbers of the next posts.
	 *
	 * @param int $after The last that was sent.
	 * @return int[]
	 */
	private static function ids( int $after ): array {
		global $wpdb;
		$types = Settings::types();
		if ( ! $types ) {
			return array();
		}
		$marks = implode( ', ', array_fill( 0, count( $types ), '%s' ) );
		// phpcs:ignore WordPress.DB.PreparedSQL -- only placeholders are put in.
		return array_map( 'intval', $wpdb->get_col( $wpdb->prepare( "SELECT ID FROM {$wpdb->posts} WHERE ID > %d AND post_type IN ($marks) AND post_status <> 'auto-draft' ORDER BY ID LIMIT %d", array_merge( array( $after ), $types, array( self::BATCH ) ) ) ) );
	}

	/**
	 * How many posts there are to be sent, about.
	 *
	 * @return int
	 */
	private static function count(): int {
		$total = 0;
		foreach ( Settings::types() as $type ) {
			$counts = (array) wp_count_posts( $type );
			$total += (int) ( $counts['publish'] ?? 0 ) + (int) ( $counts['future'] ?? 0 );
		}
		return $total;
	}

	/**
	 * See to it that one process at a time sends.
	 *
	 * @return bool
	 */
	private static function lock(): bool {
		if ( add_option( self::LOCK, time(), '', 'no' ) ) {
			return true;
		}
		wp_cache_delete( self::LOCK, 'options' );
		if ( (int) get_option( self::LOCK ) + self::LOCK_ENDS > time() ) {
			return false;
		}
		update_option( self::LOCK, time(), false ); // Whoever held it has died.
		return true;
	}
}
