<?php
/**
 * Shows the block: in the block editor, by a shortcode, and at the end of posts. Knows nothing of HTTP.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * From the stories of a block to HTML, all of it escaped here.
 */
final class Display {

	const BLOCK      = 'related-stories/block';
	const SHORTCODE  = 'related_stories';
	const STYLE      = 'related-stories';
	const EDITOR     = 'related-stories-editor';
	const DECK_WORDS = 24;
	const AFTER_TEXT = 20; // After what other plug-ins make of the text.

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action( 'init', array( self::class, 'announce' ) );
		add_action( 'wp_enqueue_scripts', array( self::class, 'style' ) );
		add_filter( 'the_content', array( self::class, 'append' ), self::AFTER_TEXT );
	}

	/**
	 * Name the block, the shortcode, the stylesheet and the editor's script.
	 */
	public static function announce(): void {
		wp_register_style( self::STYLE, plugins_url( 'assets/related-stories.css', FILE ), array(), VERSION );
		wp_register_script(
			self::EDITOR,
			plugins_url( 'assets/editor.js', FILE ),
			array( 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element', 'wp-i18n', 'wp-server-side-render' ),
			VERSION,
			true
		);
		wp_set_script_translations( self::EDITOR, 'related-stories' );
		register_block_type( dirname( FILE ) . '/block', array( 'render_callback' => array( self::class, 'block' ) ) );
		add_shortcode( self::SHORTCODE, array( self::class, 'shortcode' ) );
	}

	/**
	 * Put the stylesheet into the head of pages that may show a block.
	 */
	public static function style(): void {
		if ( is_singular( Settings::types() ) ) {
			wp_enqueue_style( self::STYLE );
		}
	}

	/**
	 * The block of the editor.
	 *
	 * @param array     $attributes What the editor has set.
	 * @param string    $content    Nothing.
	 * @param \WP_Block $block      The block, with the post that it stands in.
	 * @return string
	 */
	public static function block( $attributes, $content = '', $block = null ): string {
		$context = $block instanceof \WP_Block && isset( $block->context['postId'] ) ? absint( $block->context['postId'] ) : 0;
		$html    = self::html( $context ? $context : (int) get_the_ID(), (array) $attributes, get_block_wrapper_attributes( array( 'class' => 'related-stories' ) ) );
		if ( '' === $html && defined( 'REST_REQUEST' ) && REST_REQUEST ) { // In the editor; readers get nothing.
			return '<p class="related-stories-none">' . esc_html__( 'Related stories are shown here as soon as the post is public and some are found.', 'related-stories' ) . '</p>';
		}
		return $html;
	}

	/**
	 * The shortcode: [related_stories number="3" heading="Read on"].
	 *
	 * @param mixed $attributes What it says.
	 * @return string
	 */
	public static function shortcode( $attributes ): string {
		$given = shortcode_atts(
			array(
				'number'  => 0,
				'heading' => '',
			),
			is_array( $attributes ) ? $attributes : array(),
			self::SHORTCODE
		);
		return self::html( (int) get_the_ID(), $given );
	}

	/**
	 * Put the block after the text of a post's own page, unless the text has it already.
	 *
	 * @param mixed $content The text.
	 * @return mixed
	 */
	public static function append( $content ) {
		$post = get_post();
		if (
			! is_string( $content ) || ! $post instanceof \WP_Post || ! Settings::all()['automatic']
			|| ! is_singular( Settings::types() ) || is_feed() || is_preview() || ! is_main_query() || ! in_the_loop()
			|| get_queried_object_id() !== $post->ID || doing_filter( 'get_the_excerpt' ) || post_password_required( $post )
			|| has_block( self::BLOCK, $post ) || has_shortcode( $post->post_content, self::SHORTCODE )
		) {
			return $content;
		}
		return $content . self::html( $post->ID, array() );
	}

	/**
	 * The block of a post as HTML; empty where there is nothing to show.
	 *
	 * @param int    $post_id    A post.
	 * @param array  $wanted     Of `number` and `heading` what differs from the settings.
	 * @param string $attributes Of the element, escaped.
	 * @return string
	 */
	public static function html( int $post_id, array $wanted, string $attributes = '' ): string {
		$post    = get_post( $post_id );
		$stories = $post_id && $post instanceof \WP_Post ? Blocks::of( $post, Settings::number( $wanted['number'] ?? 0 ) ) : array();
		if ( ! $stories ) {
			return '';
		}
		wp_enqueue_style( self::STYLE );
		_prime_post_caches( array_filter( wp_list_pluck( $stories, 'post' ) ), false, true );
		$heading = Settings::heading( $wanted['heading'] ?? '' );
		$items   = implode( '', array_map( array( self::class, 'item' ), $stories ) );
		$html    = sprintf(
			'<aside %1$s aria-label="%2$s"><h2 class="related-stories__heading">%3$s</h2><ul class="related-stories__list">%4$s</ul></aside>',
			'' !== $attributes ? $attributes : 'class="related-stories"',
			esc_attr( $heading ),
			esc_html( $heading ),
			$items
		);
		/**
		 * Filters the block's HTML.
		 *
		 * @param string  $html    The block.
		 * @param array[] $stories What it shows.
		 * @param int     $post_id The post that it is for.
		 */
		return (string) apply_filters( 'related_stories_html', $html, $stories, $post_id );
	}

	/**
	 * One story. A post of this WordPress is shown as it is now, whatever is kept of it.
	 *
	 * @param array $story Of a block.
	 * @return string
	 */
	private static function item( array $story ): string {
		$post = $story['post'] ? get_post( $story['post'] ) : null;
		if ( $post instanceof \WP_Post ) {
			$headline = self::plain( get_the_title( $post ) );
			$url      = (string) get_permalink( $post );
			$deck     = wp_trim_words( self::plain( $post->post_excerpt ), self::DECK_WORDS );
			$date     = (string) get_the_date( '', $post );
			$time     = (string) get_the_date( 'c', $post );
			$picture  = (string) get_the_post_thumbnail(
				$post,
				'medium',
				array(
					'alt'     => '',
					'loading' => 'lazy',
					'sizes'   => '8rem',
				)
			);
		} else {
			$moment   = strtotime( $story['published'] );
			$headline = self::plain( esc_html( $story['headline'] ) );
			$url      = $story['url'];
			$deck     = '';
			$date     = $moment ? (string) wp_date( (string) get_option( 'date_format' ), $moment ) : '';
			$time     = $moment ? gmdate( 'c', $moment ) : '';
			$picture  = '' !== $story['image'] ? '<img src="' . esc_url( $story['image'] ) . '" alt="" loading="lazy">' : '';
		}
		return sprintf(
			'<li class="related-stories__item">%1$s<div class="related-stories__words"><h3 class="related-stories__headline"><a href="%2$s" dir="auto">%3$s</a></h3>%4$s%5$s</div></li>',
			'' !== $picture && Settings::all()['pictures'] ? '<span class="related-stories__picture">' . $picture . '</span>' : '',
			esc_url( $url ),
			esc_html( '' !== $headline ? $headline : __( '(no title)', 'related-stories' ) ),
			'' !== $deck ? '<p class="related-stories__deck" dir="auto">' . esc_html( $deck ) . '</p>' : '',
			'' !== $date ? '<time class="related-stories__date" datetime="' . esc_attr( $time ) . '">' . esc_html( $date ) . '</time>' : ''
		);
	}

	/**
	 * The words of a text with markup.
	 *
	 * @param string $html A text, character references and tags in it.
	 * @return string Not escaped.
	 */
	private static function plain( string $html ): string {
		return trim( html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
	}
}
