<?php
/**
 * The panel beside a draft in the block editor: links to set, and the block that it would have. Knows no story.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * The service's own page in a frame; the key stays here, and the browser gets a token that is over soon.
 */
final class Panel {

	const SCRIPT = 'related-stories-panel';
	const ROUTE  = '/token';
	const RIGHT  = 'edit_posts';

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action( 'enqueue_block_editor_assets', array( self::class, 'enqueue' ) );
		add_action(
			'rest_api_init',
			static function (): void {
				register_rest_route(
					Webhook::SPACE,
					self::ROUTE,
					array(
						'methods'             => 'POST',
						'callback'            => array( self::class, 'token' ),
						'permission_callback' => static function (): bool {
							return current_user_can( self::RIGHT );
						},
					)
				);
			}
		);
	}

	/**
	 * Put the script into the editor of posts that are stories.
	 */
	public static function enqueue(): void {
		$screen = get_current_screen();
		if ( ! Settings::complete() || '' === Settings::panel_url() || ! $screen || 'post' !== $screen->base || ! in_array( $screen->post_type, Settings::types(), true ) ) {
			return;
		}
		$needs = array( 'wp-api-fetch', 'wp-block-editor', 'wp-blocks', 'wp-data', 'wp-edit-post', 'wp-element', 'wp-i18n', 'wp-plugins', 'wp-rich-text' );
		wp_enqueue_script( self::SCRIPT, plugins_url( 'assets/panel.js', FILE ), $needs, VERSION, true );
		wp_set_script_translations( self::SCRIPT, 'related-stories' );
		$told = array(
			'service' => Settings::panel_url(),
			'token'   => Webhook::SPACE . self::ROUTE,
		);
		wp_add_inline_script( self::SCRIPT, 'window.relatedStoriesPanel = ' . wp_json_encode( $told, JSON_HEX_TAG | JSON_HEX_AMP ) . ';', 'before' );
	}

	/**
	 * A token for whoever writes here.
	 *
	 * @return \WP_REST_Response|\WP_Error
	 */
	public static function token() {
		$answer = Client::call( 'POST', '/sidebar/tokens', array( 'by' => wp_get_current_user()->user_login ) );
		$token  = $answer['body']['token'] ?? null;
		if ( 200 !== $answer['status'] || ! is_string( $token ) ) {
			return new \WP_Error( 'related_stories_token', $answer['detail'], array( 'status' => 502 ) );
		}
		$response = new \WP_REST_Response( array( 'token' => $token ) );
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}
}
