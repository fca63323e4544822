<?php
/**
 * Which stories stand in the block of a post, from the service or kept. Knows nothing of how they are shown.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Blocks, kept as transients: fresh for some minutes, and for a week when the service does not answer.
 */
final class Blocks {

	const FRESH_SECONDS = 5 * MINUTE_IN_SECONDS;
	const RETRY_SECONDS = 30;
	const KEPT          = 'related_stories_of_';

	/**
	 * The stories of a post's block that readers may be shown now.
	 *
	 * @param \WP_Post $post   A post.
	 * @param int      $number How many at most.
	 * @return array[] Each with `post` (its number here, or 0), `headline`, `url`, `image`, `published`.
	 */
	public static function of( \WP_Post $post, int $number ): array {
		if ( Story::VISIBLE !== Story::standing( $post ) || ! Settings::complete() ) {
			return array();
		}
		$kept = get_transient( self::KEPT . $post->ID );
		$kept = is_array( $kept ) ? $kept : array();
		$last = $kept[ $number ] ?? null;
		/**
		 * Filters for how many seconds a block is shown without asking the service again.
		 *
		 * @param int $seconds Some seconds.
		 */
		$fresh = (int) apply_filters( 'related_stories_fresh_seconds', self::FRESH_SECONDS );
		if ( null === $last || $last['time'] + $fresh <= time() ) {
			if ( null !== $last ) { // While one visitor waits for the service, the others get what is kept.
				$kept[ $number ]['time'] = time() - $fresh + self::RETRY_SECONDS;
				self::keep( $post->ID, $kept );
			}
			$asked = self::asked( $post, $number, $last );
			if ( null !== $asked ) {
				$last            = $asked;
				$kept[ $number ] = $asked;
				self::keep( $post->ID, $kept );
			}
		}
		return null === $last ? array() : array_slice( array_values( array_filter( $last['stories'], array( self::class, 'is_public' ) ) ), 0, $number );
	}

	/**
	 * Whether a story may be linked now: one of this WordPress if readers may see it.
	 *
	 * @param array $story Of a block.
	 * @return bool
	 */
	private static function is_public( array $story ): bool {
		if ( ! $story['post'] ) {
			return true;
		}
		$post = get_post( $story['post'] );
		return $post instanceof \WP_Post && Story::VISIBLE === Story::standing( $post );
	}

	/**
	 * Throw kept blocks away.
	 *
	 * @param int[] $post_ids Posts.
	 */
	public static function forget( array $post_ids ): void {
		foreach ( array_unique( array_filter( array_map( 'absint', $post_ids ) ) ) as $post_id ) {
			delete_transient( self::KEPT . $post_id );
			clean_post_cache( $post_id ); // Caches of whole pages listen to this.
			/**
			 * Fires when the block of a post has changed, for caches of whole pages.
			 *
			 * @param int $post_id The post.
			 */
			do_action( 'related_stories_changed', $post_id );
		}
	}

	/**
	 * Throw away the blocks that the service names as changed.
	 *
	 * @param mixed $changed The member `changed` of an answer or a post to the webhook.
	 */
	public static function forget_changed( $changed ): void {
		foreach ( is_array( $changed ) ? $changed : array() as $change ) {
			if ( is_array( $change ) && isset( $change['source'] ) && is_string( $change['source'] ) ) {
				$url = isset( $change['url'] ) && is_string( $change['url'] ) ? $change['url'] : '';
				self::forget( array( Posts::find( $change['source'], $url ) ) );
			}
		}
	}

	/**
	 * Store what is known of a post's block.
	 *
	 * @param int   $post_id A post.
	 * @param array $kept    By number of slots.
	 */
	private static function keep( int $post_id, array $kept ): void {
		set_transient( self::KEPT . $post_id, $kept, WEEK_IN_SECONDS );
	}

	/**
	 * Ask the service for a block.
	 *
	 * @param \WP_Post   $post   A post.
	 * @param int        $number How many stories.
	 * @param array|null $last   What is kept.
	 * @return array|null Null where the service does not answer.
	 */
	private static function asked( \WP_Post $post, int $number, ?array $last ): ?array {
		$path    = '/stories/' . rawurlencode( Posts::story_id( $post ) ) . '/related?k=' . $number;
		$headers = null !== $last && '' !== $last['etag'] ? array( 'If-None-Match' => $last['etag'] ) : array();
		$answer  = Client::ask( $path, $headers );
		if ( null === $answer ) {
			return null;
		}
		if ( 304 === $answer['status'] && null !== $last ) {
			return array_merge( $last, array( 'time' => time() ) );
		}
		return array(
			'time'    => time(),
			'etag'    => $answer['etag'],
			'stories' => 200 === $answer['status'] ? self::read( $answer['body'], $post->ID ) : array(),
		);
	}

	/**
	 * What is kept of an answer.
	 *
	 * @param array $block   The answer.
	 * @param int   $post_id The post that it is for.
	 * @return array[]
	 */
	private static function read( array $block, int $post_id ): array {
		$stories = array();
		foreach ( is_array( $block['slots'] ?? null ) ? $block['slots'] : array() as $slot ) {
			$card = is_array( $slot ) && is_array( $slot['story'] ?? null ) ? $slot['story'] : array();
			$text = static function ( array $from, string $name ): string {
				return isset( $from[ $name ] ) && is_string( $from[ $name ] ) ? $from[ $name ] : '';
			};
			$url  = esc_url_raw( $text( $card, 'url' ), array( 'http', 'https' ) );
			$id   = $text( $card, 'id' );
			$here = '' === $id ? 0 : Posts::find( $id, $url );
			// An address of this site under which there is no post is one that was deleted.
			if ( $here === $post_id || '' === $id || ( ! $here && ( '' === $url || '' === $text( $card, 'headline' ) || Posts::here( $url ) ) ) ) {
				continue;
			}
			$image     = is_array( $card['image'] ?? null ) ? $card['image'] : array();
			$stories[] = array(
				'post'      => $here,
				'headline'  => $text( $card, 'headline' ),
				'url'       => $url,
				'image'     => esc_url_raw( $text( $image, 'url' ), array( 'http', 'https' ) ),
				'published' => $text( $card, 'published' ),
			);
		}
		return $stories;
	}
}
