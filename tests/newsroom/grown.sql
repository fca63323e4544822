-- What an archive has after long use, for each of its stories; :now, :recipe and :provenance are put in.
DELETE FROM block;
INSERT INTO block (source, made, due, stale, recipe, provenance, shown, version, named)
  SELECT num, :now - 1000, CASE WHEN num % 50 = 0 THEN :now + 100000 END, NULL, :recipe, :provenance,
  '[["s' || max(num - 1, 1) || '"]]', num, '[]' FROM story;
INSERT INTO block_slot (source, position, version, target, score, role, reasons, fallback, said_of)
  SELECT num, at, 0, 's' || max(num - at, 1), 0.5, '', '[]', 0, '' FROM story, (SELECT 1 AS at UNION SELECT 2);
INSERT INTO block_translation (source, place, target) SELECT num, 1, 's' || (num - 1) FROM story WHERE num % 3 = 0;
INSERT INTO setting (key, value) SELECT 'block_version', max(num) FROM story
  UNION SELECT 'block_cursor', max(seq) FROM change WHERE true
  ON CONFLICT (key) DO UPDATE SET value = excluded.value;
UPDATE story SET unmade = NULL;
INSERT INTO link (source, reference, target, kind, set_at)
  SELECT num, 's' || (num - 1), num - 1, CASE WHEN num % 3 = 0 THEN 'translation' ELSE 'text' END, :now
  FROM story WHERE num > 1;
INSERT INTO link (source, reference, target, kind, set_at)
  SELECT num, 'to-come-' || num, NULL, 'text', :now FROM story;
INSERT INTO hand (source, act, targets, position, "by", at, undone_by, undone_at)
  SELECT 's' || num, 'exclude', '["s' || (num + 5) || '"]', NULL, 'sports-desk', :now - 100,
  CASE WHEN num % 2 = 0 THEN 'sports-desk' END, CASE WHEN num % 2 = 0 THEN :now - 50 END FROM story;
INSERT INTO hand_target (target, hand) SELECT 's' || (num + 5), num FROM hand;
INSERT INTO purge (at, source, url, "before", "after", reason, heads)
  SELECT :now - 1000, id, url, '[]', '["s1"]', 'made', '[]' FROM story;
INSERT INTO told (cause, purge) SELECT 'call-' || num, num FROM purge;
INSERT INTO delivery (id, first, last, state, tries, due, error)
  SELECT 'post-' || num, num, num, CASE WHEN num = 7 THEN 'dead' ELSE 'done' END, 1, :now - 10, NULL FROM purge;
INSERT INTO override (story, content_hash, sent, fields, spoken)
  SELECT num, content_hash, '{}', '{}', '[]' FROM story WHERE num % 4 = 0;
INSERT INTO deleted (id, at) SELECT 'gone-' || num, :now - 5 FROM story;
INSERT INTO aired (story, url) SELECT num, url FROM story;
INSERT INTO origin (story, kind, id, type, revision) SELECT num, 'rss', 'cms-' || num, 'post', '' FROM story;
INSERT INTO rating (source, target, "by", grade, at, ranker, recipe)
  SELECT num, num - 1, 'sports-desk', 1, :now, '', '' FROM story WHERE num > 1;
INSERT INTO click_count (day, source, target, position, shown, clicked)
  SELECT '2033-05-01', num, num - 1, 1, 9, 1 FROM story WHERE num > 1;
INSERT INTO team_click (comparison, day, source, team, shown, clicked)
  SELECT 1, '2033-05-01', num, 'now', 9, 1 FROM story;
INSERT INTO audit (at, act, about, "by", origin, note)
  SELECT :now - 10, CASE WHEN num % 2 THEN 'key.add' ELSE 'sign-in' END, 'k' || num, 'night-desk', '', '' FROM story;
INSERT INTO settings_choice (num, "values", "by", note, at) SELECT num, '{}', 'sports-desk', '', :now FROM story;
INSERT INTO comparison (num, "values", "by", note, at, ended_by, ended_at)
  SELECT num, '{}', 'sports-desk', '', :now - 10, 'sports-desk', :now - 9 FROM story;
INSERT INTO bulk_act (kind, about, "by", at) SELECT 'approve', '', 'sports-desk', :now - 10 FROM story;
INSERT INTO bulk_block (act, place, source, "before", event, note)
  SELECT num, 1, 's' || num, '[]', 0, '' FROM bulk_act;
INSERT INTO web_source (url, kind, state, pause, due, failures)
  VALUES ('https://a.example/feed', 'rss', '{}', 60, :now + 60, 0);
INSERT INTO web_story (source, story, url, cms_id, digest, modified, seen, due)
  SELECT 'https://a.example/feed', id, 'https://a.example/' || id, '', '', '', :now, :now + 1000 FROM story;
INSERT INTO person (name, role, password, created) SELECT 'person-' || num, 'reader', NULL, :now FROM story;
INSERT INTO session (digest, person, created, expires) SELECT 'd' || num, num, :now, :now + 10000 FROM person;
INSERT INTO sign_in_link (digest, person, expires) SELECT 'l' || num, num, :now + 10000 FROM person;
