<?php
/**
 * From a post to the story that the service takes. Knows posts and the fields of a story, not how it is sent.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * A post, as the service is told about it.
 */
final class Story {

	/** What WordPress files a post under that nobody has filed, in lower case. */
	const NO_SECTION = array( 'uncategorized', 'uncategorised', 'allgemein', 'non classé', 'sin categoría' );

	/** The service takes no story that is to come out later than in a year. */
	const FARTHEST = 360 * DAY_IN_SECONDS;

	const VISIBLE   = 'visible';
	const SCHEDULED = 'scheduled';
	const HIDDEN    = 'hidden';

	/**
	 * Whether readers may see a post: now, from a time on, or not.
	 *
	 * @param \WP_Post $post A post.
	 * @return string
	 */
	public static function standing( \WP_Post $post ): string {
		if ( '' !== $post->post_password || ! in_array( $post->post_type, Settings::types(), true ) ) {
			return self::HIDDEN;
		}
		if ( 'future' === $post->post_status ) {
			$time = self::time( $post, 'post_date' );
			return null !== $time && strtotime( $time ) - time() < self::FARTHEST ? self::SCHEDULED : self::HIDDEN;
		}
		return is_post_publicly_viewable( $post ) ? self::VISIBLE : self::HIDDEN;
	}

	/**
	 * The story of a post. Of one that is hidden only what is needed to hide it: its text stays here.
	 *
	 * @param \WP_Post $post A post.
	 * @return array
	 */
	public static function of( \WP_Post $post ): array {
		$standing = self::standing( $post );
		$time     = self::time( $post, 'post_date' );
		$changed  = self::time( $post, 'post_modified' );
		$story    = array(
			'id'       => Story_Id::of( $post ),
			'headline' => (string) get_post_field( 'post_title', $post, 'raw' ),
			'updated'  => $changed,
		);
		if ( self::HIDDEN === $standing ) {
			$now   = gmdate( 'Y-m-d\TH:i:s\Z' );
			$story = array_merge(
				$story,
				array(
					'headline'  => '' !== trim( wp_strip_all_tags( $story['headline'] ) ) ? $story['headline'] : $story['id'],
					'published' => null === $time || strtotime( $time ) > time() ? ( $changed ?? $now ) : $time,
					'status'    => 'trash' === $post->post_status ? 'retracted' : 'draft',
				)
			);
		} else {
			$story = array_merge( $story, self::content( $post ), array( 'published' => $time, 'status' => 'published' ) );
			if ( self::SCHEDULED === $standing ) {
				$story = array_merge( $story, array( 'status' => 'embargoed', 'embargo_until' => $time ) );
			}
		}
		/**
		 * Filters the story of a post before it is sent.
		 *
		 * @param array    $story Fields of a story; null leaves one out.
		 * @param \WP_Post $post  The post.
		 */
		return array_filter(
			(array) apply_filters( 'related_stories_story', $story, $post ),
			static function ( $value ): bool {
				return null !== $value && '' !== $value && array() !== $value;
			}
		);
	}

	/**
	 * What readers see of a post.
	 *
	 * @param \WP_Post $post A post.
	 * @return array
	 */
	private static function content( \WP_Post $post ): array {
		$sections = self::terms( $post, 'category' );
		$filed    = array_values(
			array_filter(
				$sections,
				static function ( string $name ): bool {
					return ! in_array( Story_Id::lower( $name ), self::NO_SECTION, true );
				}
			)
		);
		return array(
			'url'          => (string) get_permalink( $post ),
			'deck'         => $post->post_excerpt,
			'body'         => has_blocks( $post->post_content ) ? $post->post_content : wpautop( $post->post_content ),
			'content_type' => 'html',
			'language'     => self::language( $post ),
			'section'      => $filed[0] ?? '',
			'tags'         => array_values( array_unique( array_merge( self::terms( $post, 'post_tag' ), array_slice( $filed, 1 ) ) ) ),
			'authors'      => self::authors( $post ),
			'image'        => self::picture( $post ),
		);
	}

	/**
	 * Names of a post's terms.
	 *
	 * @param \WP_Post $post     A post.
	 * @param string   $taxonomy Of the terms.
	 * @return string[]
	 */
	private static function terms( \WP_Post $post, string $taxonomy ): array {
		$terms = get_the_terms( $post, $taxonomy );
		return is_array( $terms ) ? array_values( wp_list_pluck( $terms, 'name' ) ) : array();
	}

	/**
	 * Who wrote a post: also by the widespread plug-in for several authors.
	 *
	 * @param \WP_Post $post A post.
	 * @return string[]
	 */
	private static function authors( \WP_Post $post ): array {
		$writers = function_exists( 'get_coauthors' ) ? (array) get_coauthors( $post->ID ) : array( get_userdata( (int) $post->post_author ) );
		$names   = array();
		foreach ( $writers as $writer ) {
			if ( is_object( $writer ) && ! empty( $writer->display_name ) ) {
				$names[] = (string) $writer->display_name;
			}
		}
		return $names;
	}

	/**
	 * The language of a post: as a plug-in for languages says, else the site's. American English says nothing, for
	 * it is what WordPress comes with: the service then tells the language by the text.
	 *
	 * @param \WP_Post $post A post.
	 * @return string
	 */
	private static function language( \WP_Post $post ): string {
		if ( function_exists( 'pll_get_post_language' ) ) {
			$tag = pll_get_post_language( $post->ID, 'locale' );
		} else {
			$details = apply_filters( 'wpml_post_language_details', null, $post->ID );
			$tag     = is_array( $details ) ? ( $details['locale'] ?? '' ) : '';
		}
		$tag = is_string( $tag ) && '' !== $tag ? $tag : ( 'en_US' === get_locale() ? '' : get_locale() );
		return preg_match( '/^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?/', $tag, $found ) ? str_replace( '_', '-', $found[0] ) : '';
	}

	/**
	 * The featured image of a post.
	 *
	 * @param \WP_Post $post A post.
	 * @return array
	 */
	private static function picture( \WP_Post $post ): array {
		$id  = (int) get_post_thumbnail_id( $post );
		$url = $id ? wp_get_attachment_url( $id ) : false;
		if ( ! is_string( $url ) || ! preg_match( '~^https?://~i', $url ) ) {
			return array();
		}
		$about = wp_get_attachment_metadata( $id );
		return array_filter(
			array(
				'url'     => $url,
				'caption' => (string) wp_get_attachment_caption( $id ),
				'alt'     => (string) get_post_meta( $id, '_wp_attachment_image_alt', true ),
				'width'   => (int) ( $about['width'] ?? 0 ),
				'height'  => (int) ( $about['height'] ?? 0 ),
			)
		);
	}

	/**
	 * A time of a post in UTC: as it is stored so, else from the site's own; null where there is neither.
	 *
	 * @param \WP_Post $post A post.
	 * @param string   $name Of the time.
	 * @return string|null
	 */
	private static function time( \WP_Post $post, string $name ): ?string {
		$utc = (string) $post->{$name . '_gmt'};
		if ( '' === $utc || 0 === strpos( $utc, '0000' ) ) {
			$own = (string) $post->{$name};
			$utc = '' === $own || 0 === strpos( $own, '0000' ) ? '' : get_gmt_from_date( $own );
		}
		return '' === $utc ? null : str_replace( ' ', 'T', $utc ) . 'Z';
	}
}
