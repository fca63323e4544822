<?php
/**
 * The service over HTTP. Knows its address, its key and when to leave it alone; nothing of posts.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * Calls of the service, by WordPress's own HTTP API.
 */
final class Client {

	const READ_SECONDS  = 1.5;
	const WRITE_SECONDS = 5;
	const BULK_SECONDS  = 60;
	const MOST_BYTES    = 4 * MB_IN_BYTES;
	const PAUSE         = 'related_stories_pause';
	const FIRST_PAUSE   = 5;
	const LONGEST_PAUSE = 300;

	/**
	 * Call the service.
	 *
	 * @param string            $method  Of HTTP.
	 * @param string            $path    With its query, from the service's address on.
	 * @param array|string|null $body    A text, or what becomes JSON.
	 * @param float             $seconds How long to wait.
	 * @param array             $headers Further headers.
	 * @return array With `status` (0 where no answer came), `body` (decoded), `etag` and `detail` (what is wrong, in words).
	 */
	public static function call( string $method, string $path, $body = null, float $seconds = self::WRITE_SECONDS, array $headers = array() ): array {
		if ( ! Settings::complete() ) {
			return self::failed( __( 'The address or the key of the service is not set.', 'related-stories' ) );
		}
		$options = array(
			'method'              => $method,
			'timeout'             => $seconds,
			'redirection'         => 0, // The key goes to no other address.
			'limit_response_size' => self::MOST_BYTES,
			'user-agent'          => 'related-stories-wordpress/' . VERSION,
			'headers'             => array_merge(
				array(
					'Authorization' => 'Bearer ' . Settings::key(),
					'Accept'        => 'application/json',
				),
				$headers
			),
		);
		if ( null !== $body ) {
			$text = is_string( $body ) ? $body : wp_json_encode( $body, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES );
			if ( false === $text ) {
				return self::failed( __( 'The post holds text that is not valid UTF-8.', 'related-stories' ), 422 );
			}
			$options['body']    = $text;
			$options['headers'] = array_merge( array( 'Content-Type' => 'application/json' ), $options['headers'] );
		}
		$answer = wp_remote_request( Settings::url() . $path, $options );
		if ( is_wp_error( $answer ) ) {
			return self::failed( $answer->get_error_message() );
		}
		$decoded = json_decode( wp_remote_retrieve_body( $answer ), true );
		$status  = (int) wp_remote_retrieve_response_code( $answer );
		return array(
			'status' => $status,
			'body'   => is_array( $decoded ) ? $decoded : array(),
			'etag'   => (string) wp_remote_retrieve_header( $answer, 'etag' ),
			'detail' => $status < 400 ? '' : self::detail( $status, $decoded ),
		);
	}

	/**
	 * Ask for something that a page is waiting for: not at all for a while after the service failed.
	 *
	 * @param string $path    With its query.
	 * @param array  $headers Further headers.
	 * @return array|null As `call`; null where no answer that counts has come.
	 */
	public static function ask( string $path, array $headers = array() ): ?array {
		$pause = get_transient( self::PAUSE );
		if ( ! Settings::complete() || ( is_array( $pause ) && $pause['until'] > time() ) ) {
			return null;
		}
		$answer = self::call( 'GET', $path, null, self::READ_SECONDS, $headers );
		if ( in_array( $answer['status'], array( 200, 304, 404, 410 ), true ) ) {
			if ( is_array( $pause ) ) {
				delete_transient( self::PAUSE );
			}
			return $answer;
		}
		$failures = is_array( $pause ) ? min( 10, $pause['failures'] + 1 ) : 1;
		$seconds  = min( self::LONGEST_PAUSE, self::FIRST_PAUSE * 2 ** ( $failures - 1 ) );
		$next     = array(
			'failures' => $failures,
			'until'    => time() + $seconds,
			'detail'   => $answer['detail'],
		);
		set_transient( self::PAUSE, $next, HOUR_IN_SECONDS );
		return null;
	}

	/**
	 * Call again at once: after a change of address or key.
	 */
	public static function resume(): void {
		delete_transient( self::PAUSE );
	}

	/**
	 * Whether it is of use to send the same again later.
	 *
	 * @param int $status Of an answer.
	 * @return bool
	 */
	public static function passes( int $status ): bool {
		return 0 === $status || in_array( $status, array( 401, 403, 404, 408, 429 ), true ) || $status >= 500;
	}

	/**
	 * An answer that never came.
	 *
	 * @param string $detail What is wrong.
	 * @param int    $status As if the service had said so.
	 * @return array
	 */
	private static function failed( string $detail, int $status = 0 ): array {
		return array(
			'status' => $status,
			'body'   => array(),
			'etag'   => '',
			'detail' => $detail,
		);
	}

	/**
	 * What is wrong, in the service's own words.
	 *
	 * @param int   $status  Of the answer.
	 * @param mixed $problem Its body.
	 * @return string
	 */
	private static function detail( int $status, $problem ): string {
		$words = is_array( $problem ) && isset( $problem['detail'] ) && is_string( $problem['detail'] ) ? $problem['detail'] : '';
		/* translators: 1: number of an HTTP status, 2: what the service says */
		return mb_substr( trim( sprintf( __( 'The service answered %1$d. %2$s', 'related-stories' ), $status, $words ) ), 0, 500 );
	}
}
