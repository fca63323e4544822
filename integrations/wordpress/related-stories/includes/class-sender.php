<?php
/**
 * Tells the service of every change of a post, and again later what it could not be told.
 *
 * Knows when a post changes, not what a story holds.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * What is sent is always the post as it is at that moment, so the order of sending does not matter.
 */
final class Sender {

	/** Post meta: when a post is to be sent again, in seconds since 1970; how often it failed; why. */
	const DUE     = '_related_stories_due';
	const TRIES   = '_related_stories_tries';
	const PROBLEM = '_related_stories_problem';

	/** Options: a story whose post is gone for good and that the service was not told of yet. */
	const GONE = 'related_stories_gone_';

	const EVENT         = 'related_stories_work';
	const AT_ONCE       = 5; // Posts that one request sends by itself; the rest waits for WP-Cron.
	const AT_A_TIME     = 20; // Posts that one run of WP-Cron sends again.
	const FIRST_RETRY   = MINUTE_IN_SECONDS;
	const LONGEST_RETRY = HOUR_IN_SECONDS;

	/**
	 * Posts that this request has changed.
	 *
	 * @var bool[]
	 */
	private static $changed = array();

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action( 'wp_after_insert_post', array( self::class, 'saved' ), 20, 4 );
		add_action( 'transition_post_status', array( self::class, 'moved' ), 20, 3 );
		add_action( 'before_delete_post', array( self::class, 'deleted' ), 20, 2 );
		add_action( 'shutdown', array( self::class, 'flush' ), 20 );
		add_action( self::EVENT, array( self::class, 'work' ) );
		add_action( 'init', array( self::class, 'schedule' ) );
		add_action( 'permalink_structure_changed', array( Bulk::class, 'start' ) );
	}

	/**
	 * A post was saved, with its terms and fields.
	 *
	 * @param int           $post_id A post.
	 * @param \WP_Post      $post    The same.
	 * @param bool          $update  Whether it was there before.
	 * @param \WP_Post|null $before  As it was.
	 */
	public static function saved( $post_id, $post, $update, $before ): void {
		self::note( $post, $before instanceof \WP_Post ? $before->post_status : '' );
	}

	/**
	 * A post has another status: some programs change it without saving the post.
	 *
	 * @param string   $status New.
	 * @param string   $before Old.
	 * @param \WP_Post $post   A post.
	 */
	public static function moved( $status, $before, $post ): void {
		if ( $status !== $before ) {
			self::note( $post, (string) $before );
		}
	}

	/**
	 * Send a post at the end of this request, if the service has or should have it.
	 *
	 * @param mixed  $post   A post.
	 * @param string $before Its status as it was.
	 */
	private static function note( $post, string $before ): void {
		if ( ! $post instanceof \WP_Post || wp_is_post_revision( $post ) || wp_is_post_autosave( $post ) ) {
			return;
		}
		$is_story  = in_array( $post->post_type, Settings::types(), true );
		$was_shown = $is_story && in_array( $before, array( 'publish', 'future', 'private' ), true );
		if ( $was_shown || Story::HIDDEN !== Story::standing( $post ) || self::is_sent( $post ) ) {
			self::$changed[ $post->ID ] = true;
			// What waits for the end of a request that never comes to it is sent by WP-Cron.
			update_post_meta( $post->ID, self::DUE, time() + self::FIRST_RETRY );
		}
	}

	/**
	 * Whether the service was told of a post.
	 *
	 * @param \WP_Post $post A post.
	 * @return bool
	 */
	public static function is_sent( \WP_Post $post ): bool {
		return '' !== (string) get_post_meta( $post->ID, Posts::STORY, true );
	}

	/**
	 * A post is about to go for good.
	 *
	 * @param int           $post_id A post.
	 * @param \WP_Post|null $post    The same.
	 */
	public static function deleted( $post_id, $post = null ): void {
		$post = $post instanceof \WP_Post ? $post : get_post( $post_id );
		if ( ! $post instanceof \WP_Post || wp_is_post_revision( $post ) ) {
			return;
		}
		$shown = in_array( $post->post_type, Settings::types(), true ) && in_array( $post->post_status, array( 'publish', 'future', 'private', 'trash' ), true );
		if ( $shown || self::is_sent( $post ) ) {
			$id = Posts::story_id( $post );
			update_option(
				self::GONE . md5( $id ),
				array(
					'id'    => $id,
					'due'   => time(),
					'tries' => 0,
				),
				false
			);
			unset( self::$changed[ $post->ID ] );
			self::$changed[0] = true;
		}
		delete_transient( Blocks::KEPT . $post->ID );
	}

	/**
	 * Send what this request has changed, after its answer where this PHP can do so.
	 */
	public static function flush(): void {
		if ( ! self::$changed ) {
			return;
		}
		$changed       = self::$changed;
		self::$changed = array();
		if ( function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
		}
		if ( ! Settings::complete() ) {
			return;
		}
		if ( isset( $changed[0] ) ) {
			self::send_deletions();
			unset( $changed[0] );
		}
		self::send_some( array_slice( array_keys( $changed ), 0, self::AT_ONCE ) );
		if ( count( $changed ) > self::AT_ONCE ) {
			self::wake( time() + self::FIRST_RETRY );
		}
	}

	/**
	 * Send posts, up to the first for which the service does not answer: the others can wait, too.
	 *
	 * @param int[] $post_ids Posts.
	 * @return bool Whether the service has answered.
	 */
	private static function send_some( array $post_ids ): bool {
		foreach ( $post_ids as $post_id ) {
			if ( '' !== self::send( $post_id ) && '' !== (string) get_post_meta( $post_id, self::DUE, true ) ) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Send a post as it is now.
	 *
	 * @param int $post_id A post.
	 * @return string Empty, or what is wrong.
	 */
	public static function send( int $post_id ): string {
		for ( $again = 0; $again < 3; $again++ ) {
			clean_post_cache( $post_id );
			$post = get_post( $post_id );
			if ( ! $post instanceof \WP_Post ) {
				return '';
			}
			$story  = Story::of( $post );
			$answer = Client::call( 'POST', '/stories', $story );
			if ( 'older' === ( $answer['body']['outcome'] ?? '' ) ) {
				$answer = Client::call( 'POST', '/stories', self::newer( $story ) );
			}
			self::settle( $post, $story, $answer );
			clean_post_cache( $post_id );
			$now = get_post( $post_id );
			if ( '' !== $answer['detail'] || 0 === $answer['status'] || ! $now instanceof \WP_Post || Story::of( $now ) === $story ) {
				break;
			}
		}
		return $answer['detail'];
	}

	/**
	 * A story that the service has a later version of: what this WordPress says counts, so it is the latest.
	 *
	 * @param array $story As it was sent.
	 * @return array
	 */
	public static function newer( array $story ): array {
		return array_merge( $story, array( 'updated' => gmdate( 'Y-m-d\TH:i:s\Z' ) ) );
	}

	/**
	 * Note what became of a post that was sent.
	 *
	 * @param \WP_Post $post   The post.
	 * @param array    $story  As it was sent.
	 * @param array    $answer Of the service.
	 */
	public static function settle( \WP_Post $post, array $story, array $answer ): void {
		if ( 200 === $answer['status'] || 201 === $answer['status'] ) {
			update_post_meta( $post->ID, Posts::STORY, wp_slash( $story['id'] ) );
			delete_post_meta( $post->ID, self::DUE );
			delete_post_meta( $post->ID, self::TRIES );
			delete_post_meta( $post->ID, self::PROBLEM );
			Blocks::forget( array( $post->ID ) );
			Blocks::forget_changed( $answer['body']['changed'] ?? array() );
			return;
		}
		update_post_meta( $post->ID, self::PROBLEM, wp_slash( $answer['detail'] ) );
		if ( ! Client::passes( $answer['status'] ) ) { // It is refused until somebody changes it.
			delete_post_meta( $post->ID, self::DUE );
			return;
		}
		$tries = 1 + (int) get_post_meta( $post->ID, self::TRIES, true );
		$due   = time() + self::wait( $tries );
		update_post_meta( $post->ID, self::TRIES, $tries );
		update_post_meta( $post->ID, self::DUE, $due );
		self::wake( $due );
	}

	/**
	 * How long to wait before the next try.
	 *
	 * @param int $tries How many there were.
	 * @return int Seconds.
	 */
	private static function wait( int $tries ): int {
		return (int) min( self::LONGEST_RETRY, self::FIRST_RETRY * 2 ** min( 10, $tries - 1 ) );
	}

	/**
	 * Tell the service of posts that are gone for good.
	 */
	private static function send_deletions(): void {
		global $wpdb;
		$names = $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s LIMIT %d", $wpdb->esc_like( self::GONE ) . '%', self::AT_A_TIME ) );
		foreach ( $names as $name ) {
			$gone = get_option( $name );
			if ( ! is_array( $gone ) || $gone['due'] > time() ) {
				continue;
			}
			$answer = Client::call( 'DELETE', '/stories/' . rawurlencode( $gone['id'] ) );
			// A 404 of the service itself says that it never had the story.
			$unknown = 404 === $answer['status'] && isset( $answer['body']['type'] );
			if ( ! $unknown && Client::passes( $answer['status'] ) ) {
				++$gone['tries'];
				$gone['due'] = time() + self::wait( $gone['tries'] );
				update_option( $name, $gone, false );
				self::wake( $gone['due'] );
			} else {
				delete_option( $name );
				Blocks::forget_changed( $answer['body']['changed'] ?? array() );
			}
		}
	}

	/**
	 * Posts that wait to be sent, the longest first.
	 *
	 * @param int $until Only those whose time has come by then.
	 * @param int $limit How many at most.
	 * @return int[]
	 */
	public static function waiting( int $until, int $limit ): array {
		global $wpdb;
		return array_map( 'intval', $wpdb->get_col( $wpdb->prepare( "SELECT post_id FROM {$wpdb->postmeta} WHERE meta_key = %s AND CAST(meta_value AS UNSIGNED) <= %d ORDER BY CAST(meta_value AS UNSIGNED) LIMIT %d", self::DUE, $until, $limit ) ) );
	}

	/**
	 * Send what could not be sent, and go on with sending everything. Called by WP-Cron.
	 */
	public static function work(): void {
		if ( ! Settings::complete() ) {
			return;
		}
		self::send_deletions();
		$answered = self::send_some( self::waiting( time(), self::AT_A_TIME ) );
		if ( self::waiting( time(), 1 ) ) {
			self::wake( time() + ( $answered ? 1 : self::FIRST_RETRY ) );
		}
		Bulk::step();
	}

	/**
	 * Have WP-Cron work at a time, or earlier.
	 *
	 * @param int $time In seconds since 1970.
	 */
	public static function wake( int $time ): void {
		$next = wp_next_scheduled( self::EVENT, array( 'soon' ) );
		if ( ! $next || $next > $time ) {
			if ( $next ) {
				wp_unschedule_event( $next, self::EVENT, array( 'soon' ) );
			}
			wp_schedule_single_event( $time, self::EVENT, array( 'soon' ) );
		}
	}

	/**
	 * Have WP-Cron look every hour for what was left over.
	 */
	public static function schedule(): void {
		if ( ! wp_next_scheduled( self::EVENT ) ) {
			wp_schedule_event( time() + HOUR_IN_SECONDS, 'hourly', self::EVENT );
		}
	}

	/**
	 * The plug-in is turned off.
	 */
	public static function stop(): void {
		wp_unschedule_hook( self::EVENT );
	}
}
