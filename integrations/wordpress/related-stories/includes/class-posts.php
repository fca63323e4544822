<?php
/**
 * From the service's ids back to posts. Knows nothing of HTTP.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Posts of this WordPress by the ids and addresses of stories.
 */
final class Posts {

	/** Post meta: the id under which a post was sent. */
	const STORY = '_related_stories_id';

	/**
	 * The id of a post in the service.
	 *
	 * @param \WP_Post $post A post.
	 * @return string
	 */
	public static function story_id( \WP_Post $post ): string {
		$sent = get_post_meta( $post->ID, self::STORY, true );
		return is_string( $sent ) && '' !== $sent ? $sent : Story_Id::of( $post );
	}

	/**
	 * The post that a story is; 0 where it is none of this WordPress.
	 *
	 * @param string $id  Of the story.
	 * @param string $url Its address; may be empty.
	 * @return int
	 */
	public static function find( string $id, string $url = '' ): int {
		$guess = preg_match( '/[?&]p=(\d{1,18})(?:&|$)/', $id, $found ) ? (int) $found[1] : 0;
		if ( self::is( $guess, $id ) ) {
			return $guess;
		}
		$guess = '' === $url ? 0 : url_to_postid( $url );
		if ( self::is( $guess, $id ) ) {
			return $guess;
		}
		$sent = get_posts(
			array(
				'post_type'      => 'any',
				'post_status'    => 'any',
				'posts_per_page' => 1,
				'fields'         => 'ids',
				'meta_key'       => self::STORY, // phpcs:ignore WordPress.DB.SlowDBQuery
				'meta_value'     => $id, // phpcs:ignore WordPress.DB.SlowDBQuery
			)
		);
		return $sent ? (int) $sent[0] : 0;
	}

	/**
	 * Whether a post is a story.
	 *
	 * @param int    $post_id A post's number, or 0.
	 * @param string $id      Of the story.
	 * @return bool
	 */
	private static function is( int $post_id, string $id ): bool {
		$post = $post_id ? get_post( $post_id ) : null;
		return $post instanceof \WP_Post && self::story_id( $post ) === $id;
	}

	/**
	 * Whether an address is one of this site.
	 *
	 * @param string $url An address.
	 * @return bool
	 */
	public static function here( string $url ): bool {
		$host = static function ( string $address ): string {
			return (string) preg_replace( '/^www\./', '', strtolower( (string) wp_parse_url( $address, PHP_URL_HOST ) . ':' . (string) wp_parse_url( $address, PHP_URL_PORT ) ) );
		};
		return $host( $url ) === $host( home_url() );
	}
}
