/** Of version 1, and so never changed either: what is kept of an execution, live or ended. */
const EXECUTION_COLUMNS = `
    number INTEGER PRIMARY KEY,
    task INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    node INTEGER NOT NULL,
    nodes TEXT,
    node_id TEXT NOT NULL,
    keep_directory INTEGER NOT NULL,
    state INTEGER NOT NULL,
    stop_reason INTEGER,
    assigned_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    result TEXT
  `;

/** Executions of a job's deployment in group `key`, as they were counted when that was not kept: those for which `what` holds. */
function deployedExecutions(what: string): string {
  return `(
      SELECT count(*) FROM tasks
        JOIN (
          SELECT task, assigned_at, ended_at, allocation FROM live_executions
          UNION ALL SELECT task, assigned_at, ended_at, allocation FROM executions
        ) AS one ON one.task = tasks.number
        WHERE tasks.job = jobs.number AND tasks.spec ->> '$.place.group' = key
          AND allocation ->> '$.version' = jobs.document ->> '$.groups.deployment.version'
          AND allocation ->> '$.desired' = 'run'
          AND assigned_at <= coalesce(jobs.document ->> '$.groups.deployment.endedAt', assigned_at)
          AND ${what}
    )`;
}

/**
 * The tables, as migrations: entry N leads from version N to N + 1 and is never changed once released.
 *
 * - A task's number says its job (number / 2^27), so a job's tasks lie side by side and purging is a range.
 * - `tasks` holds what never changes; `task_progress` gets its row when the task first moves. So a long spec is
 *   written once, and a task without a row there is active with all counters zero.
 * - Executions that run are in `live_executions`, a small table that a restart reads whole, and move to `executions`
 *   when they have ended: rows there are appended and never grow.
 * - Small rare records are JSON documents beside the columns that something looks for.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    pool INTEGER NOT NULL,
    node INTEGER NOT NULL,
    job INTEGER NOT NULL,
    execution INTEGER NOT NULL,
    event INTEGER NOT NULL,
    removal INTEGER NOT NULL,
    time INTEGER NOT NULL
  );
  INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);

  CREATE TABLE pools (
    number INTEGER PRIMARY KEY,
    folded_id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL
  );

  CREATE TABLE nodes (
    number INTEGER PRIMARY KEY,
    pool INTEGER NOT NULL,
    folded_id TEXT NOT NULL,
    document TEXT NOT NULL
  );
  CREATE TABLE node_progress (
    number INTEGER PRIMARY KEY,
    link_id TEXT,
    last_applied INTEGER NOT NULL,
    tasks_run INTEGER NOT NULL,
    tasks_succeeded INTEGER NOT NULL,
    retained_until INTEGER NOT NULL,
    retaining_jobs INTEGER NOT NULL
  );

  CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    folded_id TEXT NOT NULL UNIQUE,
    folded_pool_id TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL
  );
  CREATE INDEX jobs_live ON jobs (number) WHERE state <> 'completed';
  CREATE TABLE job_progress (
    number INTEGER PRIMARY KEY,
    first_active INTEGER NOT NULL,
    active INTEGER NOT NULL,
    running INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    active_slots INTEGER NOT NULL,
    running_slots INTEGER NOT NULL,
    succeeded_slots INTEGER NOT NULL,
    failed_slots INTEGER NOT NULL
  );

  CREATE TABLE node_jobs (
    job INTEGER NOT NULL,
    node INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job, node)
  ) WITHOUT ROWID;

  CREATE TABLE tasks (
    number INTEGER PRIMARY KEY,
    folded_id TEXT NOT NULL,
    id TEXT,
    created_at INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    spec TEXT NOT NULL,
    job INTEGER GENERATED ALWAYS AS (number / 134217728) VIRTUAL
  );
  CREATE UNIQUE INDEX tasks_by_id ON tasks (job, folded_id);
  CREATE TABLE task_progress (
    number INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    state_at INTEGER NOT NULL,
    previous_state INTEGER,
    previous_state_at INTEGER,
    retry_count INTEGER NOT NULL,
    requeue_count INTEGER NOT NULL,
    system_task_version INTEGER NOT NULL,
    recovery_count INTEGER NOT NULL,
    last_retry_at INTEGER,
    last_requeue_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    node INTEGER,
    node_id TEXT,
    execution INTEGER,
    result INTEGER,
    exit_code INTEGER,
    failure TEXT,
    deleting INTEGER NOT NULL
  );

  CREATE TABLE live_executions (${EXECUTION_COLUMNS});
  CREATE TABLE executions (${EXECUTION_COLUMNS});
  CREATE INDEX executions_by_task ON executions (task);

  -- Outputs that were uploaded (outputPlaces.ts).
  CREATE TABLE output_places (
    execution INTEGER NOT NULL,
    stream TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    PRIMARY KEY (execution, stream)
  ) WITHOUT ROWID;

  CREATE TABLE removals (
    number INTEGER PRIMARY KEY,
    node INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    task_id TEXT
  );

  -- Jobs that are gone, whose tasks and executions are still being deleted.
  CREATE TABLE purges (
    job INTEGER PRIMARY KEY
  );

  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type INTEGER NOT NULL,
    job_id TEXT,
    pool_id TEXT NOT NULL,
    task_id TEXT,
    is_job_manager INTEGER,
    system_task_version INTEGER,
    required_slots INTEGER,
    node_id TEXT,
    instances INTEGER,
    max_retry_count INTEGER,
    retry_count INTEGER,
    requeue_count INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    exit_code INTEGER,
    document TEXT
  );

  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX idempotency_by_age ON idempotency (created_at);

  CREATE TABLE join_tokens (
    hash TEXT PRIMARY KEY,
    pool_id TEXT NOT NULL,
    expires_at INTEGER,
    uses_left INTEGER,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE node_keys (
    guid TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE api_tokens (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  // Of groups: what tasks and executions have beyond their columns, as documents.
  `
  ALTER TABLE task_progress ADD COLUMN group_progress TEXT;
  ALTER TABLE live_executions ADD COLUMN allocation TEXT;
  ALTER TABLE executions ADD COLUMN allocation TEXT;
  `,
  // Of canaries: what was stored before there were any has none.
  `
  UPDATE task_progress SET group_progress = json_set(group_progress, '$.canary', NULL)
    WHERE group_progress IS NOT NULL;
  UPDATE live_executions SET allocation = json_set(allocation, '$.canary', json('false'))
    WHERE allocation IS NOT NULL;
  UPDATE executions SET allocation = json_set(allocation, '$.canary', json('false'))
    WHERE allocation IS NOT NULL;
  UPDATE jobs SET document = json_set(document, '$.groups.deployment.groups', json((
      SELECT json_group_object(key, json_set(value, '$.canaries', 0, '$.autoPromote', json('false'),
        '$.promoted', json('false'), '$.keepsVersion', NULL))
      FROM json_each(document, '$.groups.deployment.groups')
    )))
    WHERE document ->> '$.groups.deployment.id' IS NOT NULL;
  `,
  // Of modify indices: a job that was stored before there were any has its number, which no other ever had.
  `
  ALTER TABLE meta ADD COLUMN job_change INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET job_change = job;
  UPDATE jobs SET document = json_set(document, '$.groups.modifyIndex', number)
    WHERE document ->> '$.groups.version' IS NOT NULL;
  `,
  // Of deployments: what they had come to, as far as it can be told; who promoted and reverted was not kept.
  `
  UPDATE jobs SET document = json_set(document, '$.groups.deployment.failure', NULL,
      '$.groups.deployment.groups', json((
        SELECT json_group_object(key, json_set(value, '$.fault', NULL,
          '$.placed', ${deployedExecutions("TRUE")},
          '$.healthy', ${deployedExecutions(
            "ended_at IS NULL AND allocation ->> '$.state.health.healthy' = 1",
          )},
          '$.unhealthy', ${deployedExecutions("allocation ->> '$.state.health.healthy' = 0")}))
        FROM json_each(document, '$.groups.deployment.groups')
      )))
    WHERE document ->> '$.groups.deployment.id' IS NOT NULL;
  UPDATE jobs SET document = json_set(document, '$.groups.reverted', NULL,
      '$.groups.promotions', json('[]'), '$.groups.history', json((
        SELECT json_group_array(json_set(value, '$.reverted', NULL, '$.promotions', json('[]'))
          ORDER BY key)
        FROM json_each(document, '$.groups.history')
      )))
    WHERE document ->> '$.groups.version' IS NOT NULL;
  `,
  // Of fleet operations. People, groups and definitions are few and rare, so that they share a table.
  `
  CREATE TABLE fleet_counters (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    document TEXT NOT NULL
  );
  CREATE TABLE fleet_objects (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    folded_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, number),
    UNIQUE (kind, folded_id)
  ) WITHOUT ROWID;
  CREATE TABLE revisions (
    definition INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (definition, revision)
  ) WITHOUT ROWID;
  CREATE TABLE instances (
    number INTEGER PRIMARY KEY,
    definition INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    document TEXT NOT NULL
  );
  CREATE INDEX instances_by_definition ON instances (definition, number);
  CREATE INDEX instances_live ON instances (number) WHERE ended_at IS NULL;
  ALTER TABLE api_tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';
  ALTER TABLE api_tokens ADD COLUMN user INTEGER;
  ALTER TABLE api_tokens ADD COLUMN expires_at INTEGER;
  `,
  // Of the repository of files. Their content lies in the blob store; "" is the root's folder.
  `
  CREATE TABLE repository_files (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    blob_key TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
  ) WITHOUT ROWID;
  CREATE INDEX repository_files_by_end ON repository_files (expires_at);
  CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
  // The audit log: a chain of documents that nothing in this program changes or removes.
  `
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    document TEXT NOT NULL
  );
  CREATE TRIGGER audit_keeps_records BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'records of the audit log are never changed'); END;
  CREATE TRIGGER audit_loses_no_records BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'records of the audit log are never removed'); END;
  `,
  // Of rolling runs.
  `
  ALTER TABLE task_progress ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
  `,
];
