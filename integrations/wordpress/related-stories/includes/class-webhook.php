<?php
/**
 * What the service posts when blocks change: they are thrown away here. Knows nothing of how they are made.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * A receiver of Standard Webhooks (https://www.standardwebhooks.com).
 */
final class Webhook {

	const SPACE      = 'related-stories/v1';
	const ROUTE      = '/changed';
	const TOLERANCE  = 5 * MINUTE_IN_SECONDS;
	const MOST_BYTES = 4 * MB_IN_BYTES;

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action(
			'rest_api_init',
			static function (): void {
				register_rest_route(
					self::SPACE,
					self::ROUTE,
					array(
						'methods'             => 'POST',
						'callback'            => array( self::class, 'take' ),
						'permission_callback' => array( self::class, 'is_genuine' ),
					)
				);
			}
		);
	}

	/**
	 * Whether a post was signed by the service, a short time ago.
	 *
	 * @param \WP_REST_Request $request The post.
	 * @return bool|\WP_Error
	 */
	public static function is_genuine( \WP_REST_Request $request ) {
		$secret = base64_decode( (string) preg_replace( '/^whsec_/', '', Settings::secret() ), true );
		$id     = (string) $request->get_header( 'webhook-id' );
		$time   = (string) $request->get_header( 'webhook-timestamp' );
		$body   = $request->get_body();
		if ( $secret && '' !== $id && preg_match( '/^\d{1,15}$/D', $time ) && abs( time() - (int) $time ) <= self::TOLERANCE && strlen( $body ) <= self::MOST_BYTES ) {
			$right = 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$time.$body", $secret, true ) );
			foreach ( explode( ' ', (string) $request->get_header( 'webhook-signature' ) ) as $given ) {
				if ( hash_equals( $right, $given ) ) {
					return true;
				}
			}
		}
		return new \WP_Error( 'related_stories_forbidden', __( 'The signature is missing, wrong or old.', 'related-stories' ), array( 'status' => 401 ) );
	}

	/**
	 * Throw the named blocks away.
	 *
	 * @param \WP_REST_Request $request The post.
	 * @return \WP_REST_Response
	 */
	public static function take( \WP_REST_Request $request ): \WP_REST_Response {
		$told = $request->get_json_params();
		Blocks::forget_changed( is_array( $told ) ? ( $told['changed'] ?? array() ) : array() );
		return new \WP_REST_Response( null, 204 );
	}
}
