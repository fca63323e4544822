<?php
// What the plug-in uses of WP-CLI.
class WP_CLI {

	/** @var string[] */
	public static $said = array();

	public static function log( string $line ): void {
		self::$said[] = $line;
	}

	public static function error( string $line ): void {
		throw new RuntimeException( $line );
	}
}
