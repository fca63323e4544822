<?php
/**
 * What the site's owner has set. Knows where each value comes from, not what it is for.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Settings: constants of wp-config.php win over the environment, and that wins over what is stored.
 */
final class Settings {

	const OPTION      = 'related_stories';
	const KEY         = 'related_stories_key';
	const SECRET      = 'related_stories_secret';
	const MOST_SLOTS  = 10;
	const MOST_LETTER = 200;

	/**
	 * Everything but the secrets, as it is stored.
	 *
	 * @return array
	 */
	public static function all(): array {
		$stored = get_option( self::OPTION, array() );
		return array_merge(
			array(
				'url'       => '',
				'panel'     => '',
				'automatic' => true,
				'number'    => 5,
				'heading'   => '',
				'pictures'  => true,
				'types'     => array( 'post' ),
			),
			is_array( $stored ) ? $stored : array()
		);
	}

	/**
	 * The service's address without a slash at its end; empty as long as there is none.
	 *
	 * @return string
	 */
	public static function url(): string {
		return untrailingslashit( self::fixed( 'RELATED_STORIES_URL' ) ?? (string) self::all()['url'] );
	}

	/**
	 * The address under which editors' browsers reach the service; empty: no panel stands beside drafts.
	 *
	 * @return string
	 */
	public static function panel_url(): string {
		return untrailingslashit( self::fixed( 'RELATED_STORIES_PANEL_URL' ) ?? (string) self::all()['panel'] );
	}

	/**
	 * The key of the service.
	 *
	 * @return string
	 */
	public static function key(): string {
		return self::fixed( 'RELATED_STORIES_KEY' ) ?? (string) get_option( self::KEY, '' );
	}

	/**
	 * What the service signs its posts to the webhook with.
	 *
	 * @return string
	 */
	public static function secret(): string {
		return self::fixed( 'RELATED_STORIES_WEBHOOK_SECRET' ) ?? (string) get_option( self::SECRET, '' );
	}

	/**
	 * A value that a constant or the environment sets; null where neither does.
	 *
	 * @param string $name Of the constant, and of the environment's variable.
	 * @return string|null
	 */
	public static function fixed( string $name ): ?string {
		if ( defined( $name ) ) {
			return trim( (string) constant( $name ) );
		}
		$value = getenv( $name );
		return is_string( $value ) && '' !== trim( $value ) ? trim( $value ) : null;
	}

	/**
	 * Whether the service can be called at all.
	 *
	 * @return bool
	 */
	public static function complete(): bool {
		return '' !== self::url() && '' !== self::key();
	}

	/**
	 * Types of posts that are stories.
	 *
	 * @return string[]
	 */
	public static function types(): array {
		/**
		 * Filters which types of posts are sent and have a block.
		 *
		 * @param string[] $types Names of types.
		 */
		return array_map( 'strval', (array) apply_filters( 'related_stories_types', (array) self::all()['types'] ) );
	}

	/**
	 * How many stories a block has at most.
	 *
	 * @param mixed $wanted What a block or shortcode asks for; 0 or nothing: as set.
	 * @return int
	 */
	public static function number( $wanted = 0 ): int {
		$number = absint( $wanted );
		return min( self::MOST_SLOTS, max( 1, $number ? $number : absint( self::all()['number'] ) ) );
	}

	/**
	 * The heading of the block, as plain text.
	 *
	 * @param mixed $wanted What a block or shortcode asks for; empty: as set.
	 * @return string
	 */
	public static function heading( $wanted = '' ): string {
		foreach ( array( $wanted, self::all()['heading'] ) as $heading ) {
			if ( is_string( $heading ) && '' !== trim( $heading ) ) {
				return trim( $heading );
			}
		}
		return __( 'Related stories', 'related-stories' );
	}

	/**
	 * Check what a form sends.
	 *
	 * @param mixed $given Its values.
	 * @return array
	 */
	public static function sanitize( $given ): array {
		$given = is_array( $given ) ? $given : array();
		$url   = self::address( $given['url'] ?? '' );
		$types = isset( $given['types'] ) && is_array( $given['types'] ) ? array_map( 'sanitize_key', array_filter( $given['types'], 'is_string' ) ) : array();
		$text  = isset( $given['heading'] ) && is_string( $given['heading'] ) ? sanitize_text_field( $given['heading'] ) : '';
		return array(
			'url'       => $url,
			'panel'     => self::address( $given['panel'] ?? '' ),
			'automatic' => ! empty( $given['automatic'] ),
			'number'    => min( self::MOST_SLOTS, max( 1, absint( $given['number'] ?? 5 ) ) ),
			'heading'   => mb_substr( $text, 0, self::MOST_LETTER ),
			'pictures'  => ! empty( $given['pictures'] ),
			'types'     => array_values( array_filter( $types, 'post_type_exists' ) ),
		);
	}

	/**
	 * An address of the web without a slash at its end; empty for anything else.
	 *
	 * @param mixed $given A value of a form.
	 * @return string
	 */
	private static function address( $given ): string {
		return is_string( $given ) ? untrailingslashit( esc_url_raw( trim( $given ), array( 'http', 'https' ) ) ) : '';
	}

	/**
	 * Check a key or secret that a form sends. An empty field keeps what is stored; a single hyphen forgets it.
	 *
	 * @param mixed  $given The field.
	 * @param string $name  Of the option.
	 * @return string
	 */
	public static function sanitize_hidden( $given, string $name ): string {
		$text = is_string( $given ) ? trim( $given ) : '';
		if ( '-' === $text ) {
			return '';
		}
		return preg_match( '/^[\x21-\x7e]{1,500}$/D', $text ) ? $text : (string) get_option( $name, '' );
	}
}
