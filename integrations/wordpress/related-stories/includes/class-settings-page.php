<?php
/**
 * The page "Settings, Related Stories". Shows and stores; never shows a key.
 *
 * @package RelatedStories
 */

namespace RelatedStories;

defined( 'ABSPATH' ) || exit;

/**
 * For those who may manage the site's options.
 */
final class Settings_Page {

	const PAGE   = 'related-stories';
	const RIGHT  = 'manage_options';
	const TEST   = 'related_stories_test';
	const SEND   = 'related_stories_send';
	const RESULT = 'related_stories_result_';
	const SHOWN  = 10; // Posts with a problem.

	/**
	 * Listen.
	 */
	public static function register(): void {
		add_action( 'admin_menu', array( self::class, 'menu' ) );
		add_action( 'admin_init', array( self::class, 'settings' ) );
		add_action( 'admin_post_' . self::TEST, array( self::class, 'test' ) );
		add_action( 'admin_post_' . self::SEND, array( self::class, 'send' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( FILE ), array( self::class, 'links' ) );
		foreach ( array( Settings::OPTION, Settings::KEY ) as $option ) {
			add_action( "update_option_$option", array( Client::class, 'resume' ) );
			add_action( "add_option_$option", array( Client::class, 'resume' ) );
		}
	}

	/**
	 * Name the page.
	 */
	public static function menu(): void {
		add_options_page( __( 'Related Stories', 'related-stories' ), __( 'Related Stories', 'related-stories' ), self::RIGHT, self::PAGE, array( self::class, 'show' ) );
	}

	/**
	 * Name what its form may store.
	 */
	public static function settings(): void {
		register_setting( self::PAGE, Settings::OPTION, array( 'sanitize_callback' => array( Settings::class, 'sanitize' ) ) );
		foreach ( array( Settings::KEY, Settings::SECRET ) as $name ) {
			if ( false === get_option( $name ) ) {
				add_option( $name, '', '', 'no' ); // So that it is not read with every page.
			}
			register_setting(
				self::PAGE,
				$name,
				array(
					'sanitize_callback' => static function ( $given ) use ( $name ): string {
						return Settings::sanitize_hidden( $given, $name );
					},
				)
			);
		}
	}

	/**
	 * A link to the page in the list of plug-ins.
	 *
	 * @param mixed $links The others.
	 * @return mixed
	 */
	public static function links( $links ) {
		$own = sprintf( '<a href="%s">%s</a>', esc_url( self::address() ), esc_html__( 'Settings', 'related-stories' ) );
		return is_array( $links ) ? array_merge( array( $own ), $links ) : $links;
	}

	/**
	 * The address of the page.
	 *
	 * @return string
	 */
	private static function address(): string {
		return admin_url( 'options-general.php?page=' . self::PAGE );
	}

	/**
	 * Let only those through who came from the page and may use it.
	 *
	 * @param string $action What they want.
	 */
	private static function admit( string $action ): void {
		if ( ! current_user_can( self::RIGHT ) ) {
			wp_die( esc_html__( 'You may not do this.', 'related-stories' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( $action );
	}

	/**
	 * Try the connection, and go back to the page with what was found.
	 */
	public static function test(): void {
		self::admit( self::TEST );
		set_transient( self::RESULT . get_current_user_id(), self::tried(), MINUTE_IN_SECONDS );
		wp_safe_redirect( self::address() );
		exit;
	}

	/**
	 * Begin to send all posts, and go back to the page.
	 */
	public static function send(): void {
		self::admit( self::SEND );
		Bulk::start();
		wp_safe_redirect( self::address() );
		exit;
	}

	/**
	 * Try reading and publishing, without writing anything.
	 *
	 * @return array[] Pairs: whether it is well, and a sentence.
	 */
	public static function tried(): array {
		if ( ! Settings::complete() ) {
			return array( array( false, __( 'The address or the key of the service is not set.', 'related-stories' ) ) );
		}
		Client::resume();
		$ready = Client::call( 'GET', '/ready' );
		if ( 200 !== $ready['status'] && ! ( 503 === $ready['status'] && isset( $ready['body']['checks'] ) ) ) {
			/* translators: %s: what is wrong */
			return array( array( false, sprintf( __( 'The service cannot be reached. %s', 'related-stories' ), $ready['detail'] ) ) );
		}
		$found = array( array( 200 === $ready['status'], 200 === $ready['status'] ? __( 'The service is ready.', 'related-stories' ) : __( 'The service answers, but is not ready yet.', 'related-stories' ) ) );
		$read  = Client::call( 'GET', '/related?url=' . rawurlencode( home_url( '/' ) ) );
		$may   = in_array( $read['status'], array( 200, 404, 410 ), true );
		/* translators: %s: what is wrong */
		$found[] = array( $may, $may ? __( 'The key may read blocks.', 'related-stories' ) : sprintf( __( 'The key may not read blocks. %s', 'related-stories' ), $read['detail'] ) );
		$probe   = array(
			'id'        => 'related-stories-connection-test',
			'headline'  => 'Connection test',
			'published' => gmdate( 'Y-m-d\TH:i:s\Z' ),
			'status'    => 'draft',
		);
		$write   = Client::call( 'POST', '/stories?dry_run=true', $probe );
		$may     = in_array( $write['status'], array( 200, 201 ), true );
		/* translators: %s: what is wrong */
		$found[] = array( $may, $may ? __( 'The key may publish stories.', 'related-stories' ) : sprintf( __( 'The key may not publish stories. %s', 'related-stories' ), $write['detail'] ) );
		return $found;
	}

	/**
	 * The page.
	 */
	public static function show(): void {
		if ( ! current_user_can( self::RIGHT ) ) {
			return;
		}
		echo '<div class="wrap"><h1>' . esc_html__( 'Related Stories', 'related-stories' ) . '</h1>';
		self::show_result();
		echo '<form action="options.php" method="post" autocomplete="off">';
		settings_fields( self::PAGE );
		echo '<table class="form-table" role="presentation">';
		self::show_connection();
		self::show_page();
		echo '</table>';
		submit_button();
		echo '</form>';
		self::show_button( self::TEST, __( 'Test the connection', 'related-stories' ), __( 'Tries reading and publishing with the stored address and key. Nothing is written.', 'related-stories' ) );
		self::show_sending();
		echo '</div>';
	}

	/**
	 * What the test has found.
	 */
	private static function show_result(): void {
		$name   = self::RESULT . get_current_user_id();
		$result = get_transient( $name );
		delete_transient( $name );
		foreach ( is_array( $result ) ? $result : array() as list( $well, $words ) ) {
			printf( '<div class="notice notice-%s"><p>%s</p></div>', $well ? 'success' : 'error', esc_html( $words ) );
		}
	}

	/**
	 * A row of the form.
	 *
	 * @param string $label What it is for.
	 * @param string $for   The id of its field; empty for several.
	 * @param string $field Escaped HTML.
	 * @param string $help  Sentences, one a line.
	 */
	private static function row( string $label, string $for, string $field, string $help = '' ): void {
		$label = '' !== $for ? '<label for="' . esc_attr( $for ) . '">' . esc_html( $label ) . '</label>' : esc_html( $label );
		// phpcs:ignore WordPress.Security.EscapeOutput -- both are escaped where they are made.
		echo '<tr><th scope="row">' . $label . '</th><td>' . $field;
		foreach ( array_filter( explode( "\n", $help ) ) as $line ) {
			echo '<p class="description">' . esc_html( $line ) . '</p>';
		}
		echo '</td></tr>';
	}

	/**
	 * The origin of the pages of the administration.
	 *
	 * @return string
	 */
	private static function origin(): string {
		return (string) preg_replace( '#^(https?://[^/]+).*$#D', '$1', admin_url() );
	}

	/**
	 * Addresses, key and secret.
	 */
	private static function show_connection(): void {
		$fixed = Settings::fixed( 'RELATED_STORIES_URL' );
		self::row(
			__( 'Address of the service', 'related-stories' ),
			'related-stories-url',
			sprintf(
				'<input type="url" class="regular-text code" id="related-stories-url" name="%s[url]" value="%s" placeholder="https://related.example"%s>',
				esc_attr( Settings::OPTION ),
				esc_attr( $fixed ?? (string) Settings::all()['url'] ),
				null === $fixed ? '' : ' readonly'
			),
			null === $fixed ? '' : __( 'Set by RELATED_STORIES_URL.', 'related-stories' )
		);
		$fixed = Settings::fixed( 'RELATED_STORIES_PANEL_URL' );
		self::row(
			__( 'Address for the panel beside drafts', 'related-stories' ),
			'related-stories-panel',
			sprintf(
				'<input type="url" class="regular-text code" id="related-stories-panel" name="%s[panel]" value="%s" placeholder="https://related.example"%s>',
				esc_attr( Settings::OPTION ),
				esc_attr( $fixed ?? (string) Settings::all()['panel'] ),
				null === $fixed ? '' : ' readonly'
			),
			/* translators: %s: an address */
			null === $fixed ? sprintf( __( 'Optional: where the browsers of editors reach the service. Its sidebar_origins must name %s', 'related-stories' ), self::origin() ) : __( 'Set by RELATED_STORIES_PANEL_URL.', 'related-stories' )
		);
		$hidden = array(
			array( Settings::KEY, 'RELATED_STORIES_KEY', __( 'Key', 'related-stories' ), __( 'A key with the rights read and publish.', 'related-stories' ) ),
			/* translators: %s: an address */
			array( Settings::SECRET, 'RELATED_STORIES_WEBHOOK_SECRET', __( 'Webhook secret', 'related-stories' ), sprintf( __( 'Optional: the service then tells this site at once which blocks have changed. Its webhook_url is %s', 'related-stories' ), rest_url( Webhook::SPACE . Webhook::ROUTE ) ) ),
		);
		foreach ( $hidden as list( $option, $constant, $label, $help ) ) {
			$is_fixed = null !== Settings::fixed( $constant );
			$stored   = '' !== (string) get_option( $option, '' );
			/* translators: %s: name of a constant */
			$state = $is_fixed ? sprintf( __( 'Set by %s.', 'related-stories' ), $constant ) : ( $stored ? __( 'One is stored. Leave the field empty to keep it; write a hyphen to forget it.', 'related-stories' ) : '' );
			self::row(
				$label,
				$option,
				sprintf(
					'<input type="password" class="regular-text code" id="%1$s" name="%1$s" value="" autocomplete="new-password" placeholder="%2$s"%3$s>',
					esc_attr( $option ),
					$stored || $is_fixed ? '••••••••' : '',
					$is_fixed ? ' disabled' : ''
				),
				"$help\n$state"
			);
		}
	}

	/**
	 * What is shown, and where.
	 */
	private static function show_page(): void {
		$now  = Settings::all();
		$name = esc_attr( Settings::OPTION );
		$box  = static function ( string $field, string $value, bool $on, string $label ): string {
			return sprintf( '<label><input type="checkbox" name="%s" value="%s"%s> %s</label><br>', esc_attr( $field ), esc_attr( $value ), checked( $on, true, false ), esc_html( $label ) );
		};
		self::row( __( 'On posts', 'related-stories' ), '', $box( "{$name}[automatic]", '1', (bool) $now['automatic'], __( 'Show the block at the end of each post', 'related-stories' ) ) . $box( "{$name}[pictures]", '1', (bool) $now['pictures'], __( 'Show featured images', 'related-stories' ) ), __( 'In a single post, the block "Related Stories" or the shortcode [related_stories] says where it stands.', 'related-stories' ) );
		self::row( __( 'Number of stories', 'related-stories' ), 'related-stories-number', sprintf( '<input type="number" class="small-text" id="related-stories-number" name="%s[number]" min="1" max="%d" value="%d">', $name, Settings::MOST_SLOTS, Settings::number() ), __( 'At most. A block is shorter, or left out, if little is related.', 'related-stories' ) );
		self::row( __( 'Heading', 'related-stories' ), 'related-stories-heading', sprintf( '<input type="text" class="regular-text" id="related-stories-heading" name="%s[heading]" value="%s" placeholder="%s">', $name, esc_attr( (string) $now['heading'] ), esc_attr__( 'Related stories', 'related-stories' ) ) );
		$types = '';
		foreach ( get_post_types( array( 'public' => true ), 'objects' ) as $type ) {
			if ( 'attachment' !== $type->name ) {
				$types .= $box( "{$name}[types][]", $type->name, in_array( $type->name, (array) $now['types'], true ), $type->labels->name );
			}
		}
		self::row( __( 'Types of posts', 'related-stories' ), '', $types, __( 'These are sent to the service and have a block.', 'related-stories' ) );
	}

	/**
	 * How sending goes.
	 */
	private static function show_sending(): void {
		echo '<h2>' . esc_html__( 'Posts', 'related-stories' ) . '</h2>';
		$state = Bulk::state();
		if ( null !== $state ) {
			/* translators: 1: number of posts sent, 2: number of all, 3: number refused */
			$words = sprintf( __( '%1$d of about %2$d posts sent, %3$d refused.', 'related-stories' ), $state['sent'], $state['total'], $state['refused'] );
			$words = ( $state['done'] ? __( 'All posts were sent:', 'related-stories' ) : __( 'Sending all posts:', 'related-stories' ) ) . ' ' . $words;
			echo '<p>' . esc_html( trim( $words . ' ' . $state['problem'] ) ) . '</p>';
		}
		$waiting = count( Sender::waiting( PHP_INT_MAX, 1000 ) );
		if ( $waiting ) {
			/* translators: %d: number of posts */
			echo '<p>' . esc_html( sprintf( _n( '%d post waits to be sent again.', '%d posts wait to be sent again.', $waiting, 'related-stories' ), $waiting ) ) . '</p>';
		}
		self::show_button( self::SEND, __( 'Send all posts', 'related-stories' ), __( 'Needed once, after the service was set up. WP-Cron sends them in the background; so does "wp related-stories send --all".', 'related-stories' ) );
		self::show_problems();
	}

	/**
	 * Posts that the service did not take.
	 */
	private static function show_problems(): void {
		$posts = get_posts(
			array(
				'post_type'      => 'any',
				'post_status'    => 'any',
				'posts_per_page' => self::SHOWN,
				'meta_key'       => Sender::PROBLEM, // phpcs:ignore WordPress.DB.SlowDBQuery
				'orderby'        => 'ID',
			)
		);
		if ( ! $posts ) {
			return;
		}
		echo '<h3>' . esc_html__( 'Posts that the service has not taken', 'related-stories' ) . '</h3><ul class="ul-disc">';
		foreach ( $posts as $post ) {
			$title = wp_strip_all_tags( get_the_title( $post ) );
			printf( '<li><a href="%s">%s</a>: %s</li>', esc_url( (string) get_edit_post_link( $post ) ), esc_html( '' !== $title ? $title : __( '(no title)', 'related-stories' ) ), esc_html( (string) get_post_meta( $post->ID, Sender::PROBLEM, true ) ) );
		}
		echo '</ul>';
	}

	/**
	 * A button that is a form of its own.
	 *
	 * @param string $action What it does.
	 * @param string $label  What stands on it.
	 * @param string $help   A sentence.
	 */
	private static function show_button( string $action, string $label, string $help ): void {
		printf( '<form action="%s" method="post"><input type="hidden" name="action" value="%s">', esc_url( admin_url( 'admin-post.php' ) ), esc_attr( $action ) );
		wp_nonce_field( $action );
		submit_button( $label, 'secondary', $action, false );
		echo '<p class="description">' . esc_html( $help ) . '</p></form>';
	}
}
