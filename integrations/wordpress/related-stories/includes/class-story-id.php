<?php
/**
 * The id of a post in the service: the same that an import of this site's export, feed or REST API gives it.
 *
 * Knows addresses, and nothing of WordPress's database.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * A post's guid, of which all spellings of an address are one: the rules are those of the service's imports.
 */
final class Story_Id {

	/** Parameters for tracking and sessions: none of them chooses a page. */
	const TRACKING = '/^(?:(?:utm|mc|mtm|matomo|piwik|pk|hsa|oly|vero|itm|at|ns|wt|stm|guce|fb_action)_.*|_hs.*|__hs.*'
		. '|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh|mibextid'
		. '|srsltid|epik|ef_id|s_kwcid|_ga|_gl|_ke|__s|__twitter_impression|ml_subscriber(?:_hash)?|mkt_tok|rb_clickid'
		. '|wickedid|_openstat|hsctatracking|smid|smtyp|xtor|spm|ref_src|ref_url|fb_source|fb_ref|guccounter|wprov'
		. '|gad_source|gad_campaignid|_gac|_branch_match_id|amp|_amp|amp_js_v|amp_gsa|usqp|outputtype'
		. '|phpsessid|jsessionid|aspsessionid.*|cfid|cftoken|sessionid|session_id)$/iD';

	const HOST_PREFIX = '/^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])/';
	const PATH_END    = '~/(?:(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jsp|cfm)|amp)?$~iD';
	const SESSION     = '~;(?:jsessionid|phpsessid)=[^/]*~i';
	const AROUND      = '/^[\s\x{200b}\x{200e}\x{200f}\x{2060}\x{feff}]+|[\s\x{200b}\x{200e}\x{200f}\x{2060}\x{feff}]+$/uD';

	/**
	 * The id of a post.
	 *
	 * @param \WP_Post $post A post.
	 * @return string
	 */
	public static function of( \WP_Post $post ): string {
		$guid = self::from_guid( (string) get_the_guid( $post ) );
		return '' !== $guid ? $guid : self::key( (string) get_permalink( $post ) );
	}

	/**
	 * The id that a guid stands for.
	 *
	 * @param string $guid An address, as a rule; other programs that brought posts here may have written any text.
	 * @return string
	 */
	public static function from_guid( string $guid ): string {
		$guid = trim( (string) preg_replace( '/\s+/u', ' ', $guid ) );
		return self::is_url( $guid ) ? self::key( $guid ) : $guid;
	}

	/**
	 * Whether a text is an absolute http or https address.
	 *
	 * @param string $text A text.
	 * @return bool
	 */
	private static function is_url( string $text ): bool {
		return 0 === stripos( $text, 'http://' ) || 0 === stripos( $text, 'https://' );
	}

	/**
	 * The form in which all spellings of one page's address are equal.
	 *
	 * @param string $url An address.
	 * @return string The address as it is when it cannot be read as one.
	 */
	public static function key( string $url ): string {
		$whole = (string) preg_replace( '/&(?:amp|#0*38|#x0*26);/i', '&', (string) preg_replace( self::AROUND, '', $url ) );
		if ( ! self::is_url( $whole ) || ! preg_match( '~^https?://([^/?\#\\\\]*)([^?\#]*)(?:\?([^\#]*))?(?:\#(.*))?$~isD', $whole, $parts ) ) {
			return $url;
		}
		$host = self::host( $parts[1] );
		if ( null === $host ) {
			return $url;
		}
		$query    = self::query( $parts[3] ?? '' );
		$fragment = $parts[4] ?? '';
		return 'https://' . $host . self::path( $parts[2] )
			. ( '' !== $query ? '?' . $query : '' )
			. ( preg_match( '~^!/?[^/]~', $fragment ) ? '#' . self::quoted( $fragment ) : '' );
	}

	/**
	 * The host of an authority, with its port where that is not a usual one.
	 *
	 * @param string $authority What stands between the slashes of an address.
	 * @return string|null Null where there is none.
	 */
	private static function host( string $authority ): ?string {
		$at        = strrpos( $authority, '@' );
		$authority = false === $at ? $authority : substr( $authority, $at + 1 );
		if ( ! preg_match( '/^(\[[0-9a-f:.]+\]|[^:\[\]]*)(?::(\d*))?$/iD', $authority, $parts ) || (int) ( $parts[2] ?? 0 ) > 65535 ) {
			return null;
		}
		$host = self::ascii( rtrim( strtolower( $parts[1] ), '.' ) );
		$host = (string) preg_replace( self::HOST_PREFIX, '', $host );
		$port = isset( $parts[2] ) && '' !== $parts[2] ? (int) $parts[2] : 80;
		if ( '' === $host ) {
			return null;
		}
		return in_array( $port, array( 80, 443 ), true ) ? $host : $host . ':' . $port;
	}

	/**
	 * The ASCII form of an international name, by the encoder of WordPress's own HTTP library.
	 *
	 * @param string $host A name.
	 * @return string
	 */
	private static function ascii( string $host ): string {
		if ( ! preg_match( '/[\x80-\xff]/', $host ) ) {
			return $host;
		}
		$host = self::lower( $host );
		foreach ( array( 'WpOrg\Requests\IdnaEncoder', 'Requests_IDNAEncoder' ) as $encoder ) {
			if ( class_exists( $encoder ) ) {
				try {
					return (string) call_user_func( array( $encoder, 'encode' ), $host );
				} catch ( \Exception $error ) {
					return $host;
				}
			}
		}
		return $host;
	}

	/**
	 * A text in small letters; without PHP's extension for other letters only those of ASCII.
	 *
	 * @param string $text A text.
	 * @return string
	 */
	public static function lower( string $text ): string {
		return function_exists( 'mb_strtolower' ) ? mb_strtolower( $text, 'UTF-8' ) : strtolower( $text );
	}

	/**
	 * A path without what leads to another edition of the same page.
	 *
	 * @param string $path Of an address.
	 * @return string
	 */
	private static function path( string $path ): string {
		$path = rawurldecode( (string) preg_replace_callback( '/%2f|%3f/i', array( self::class, 'kept' ), self::composed( $path ) ) );
		$path = self::without_dots( self::quoted( $path ) );
		$path = (string) preg_replace( array( self::SESSION, '~/{2,}~' ), array( '', '/' ), $path );
		do {
			$before = $path;
			$path   = (string) preg_replace( array( self::PATH_END, '~^/amp(?=/.)~' ), '', $path );
		} while ( $path !== $before );
		return $path;
	}

	/**
	 * An encoded slash or question mark, encoded once more, so that it stays one.
	 *
	 * @param string[] $found What was matched.
	 * @return string
	 */
	private static function kept( array $found ): string {
		return '%25' . strtoupper( substr( $found[0], 1 ) );
	}

	/**
	 * A path without dot segments (RFC 3986, 5.2.4).
	 *
	 * @param string $path A path.
	 * @return string
	 */
	private static function without_dots( string $path ): string {
		$kept     = array();
		$segments = explode( '/', $path );
		$last     = end( $segments );
		foreach ( $segments as $segment ) {
			if ( '..' === $segment ) {
				if ( count( $kept ) > 1 ) {
					array_pop( $kept );
				}
			} elseif ( '.' !== $segment ) {
				$kept[] = $segment;
			}
		}
		if ( '.' === $last || '..' === $last ) {
			$kept[] = '';
		}
		return implode( '/', $kept );
	}

	/**
	 * A query in one order and encoding, without parameters that do not choose the page.
	 *
	 * @param string $query Of an address.
	 * @return string
	 */
	private static function query( string $query ): string {
		$pairs = array();
		foreach ( explode( '&', self::composed( $query ) ) as $field ) {
			if ( '' !== $field ) {
				$parts   = explode( '=', $field, 2 );
				$pairs[] = array( urldecode( $parts[0] ), urldecode( $parts[1] ?? '' ) );
			}
		}
		usort(
			$pairs,
			static function ( array $one, array $other ): int {
				$names = strcmp( $one[0], $other[0] );
				return 0 !== $names ? $names : strcmp( $one[1], $other[1] );
			}
		);
		$kept = array();
		foreach ( $pairs as $pair ) {
			list( $name, $value ) = array_map( array( self::class, 'plus_encoded' ), $pair );
			if ( ! preg_match( self::TRACKING, $name ) ) {
				$kept[] = $name . '=' . $value;
			}
		}
		return implode( '&', $kept );
	}

	/**
	 * A text as forms encode it.
	 *
	 * @param string $text A text.
	 * @return string
	 */
	private static function plus_encoded( string $text ): string {
		return str_replace( '%7E', '~', urlencode( $text ) );
	}

	/**
	 * A text with everything encoded that an address may not hold.
	 *
	 * @param string $text A text.
	 * @return string
	 */
	private static function quoted( string $text ): string {
		return (string) preg_replace_callback(
			'~[^A-Za-z0-9\-._\~:/?\[\]@!$&\'()*+,;=|%]~',
			static function ( array $found ): string {
				return rawurlencode( $found[0] );
			},
			$text
		);
	}

	/**
	 * A text whose letters are in one Unicode form (NFC), where this PHP can tell.
	 *
	 * @param string $text A text, its letters percent-encoded or not.
	 * @return string
	 */
	private static function composed( string $text ): string {
		$text = (string) preg_replace_callback(
			'/(?:%[89a-f][0-9a-f])+/i',
			static function ( array $found ): string {
				$letters = rawurldecode( $found[0] );
				return preg_match( '//u', $letters ) ? $letters : $found[0];
			},
			$text
		);
		if ( class_exists( 'Normalizer' ) && preg_match( '/[\x80-\xff]/', $text ) ) {
			$form = \Normalizer::normalize( $text, \Normalizer::FORM_C );
			return is_string( $form ) ? $form : $text;
		}
		return $text;
	}
}
