package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Redaction in the audit log, its retention, keys and masks. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class AuditRedactionIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AuditRedactionIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = TestDatabase.migrated(server);
    OptionalSet.AUDIT.apply(database.dataSource());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"api_key": "hidden", "model": "m"}                        | {"model": "m", "api_key": "***REDACTED***"}
          {"a": [{"OPENAI-API-KEY": "hidden"}, {"apiKey": "hidden"}]} | {"a": [{"OPENAI-API-KEY": "***REDACTED***"}, {"apiKey": "***REDACTED***"}]}
          {"secret": {"a": ["hidden"]}, "b": 1}                      | {"b": 1, "secret": "***REDACTED***"}
          {"x": {"secrets": ["hidden", {"token": "hidden"}]}}        | {"x": {"secrets": "***REDACTED***"}}
          {"db password": "hi\\"dden\\\\", "z": "kept"}              | {"z": "kept", "db password": "***REDACTED***"}
          {"token": 12345, "password": true, "auth": null}           | {"auth": null, "token": "***REDACTED***", "password": "***REDACTED***"}
          {"max_tokens": 5, "secretary": "Ann", "tokens": [1]}       | {"tokens": [1], "secretary": "Ann", "max_tokens": 5}
          {"say": "\\"secret\\": \\"no key\\", {\\"token\\": 1}"}    | {"say": "\\"secret\\": \\"no key\\", {\\"token\\": 1}"}
          {"credentials": [], "cookie": {}}                          | {"cookie": "***REDACTED***", "credentials": "***REDACTED***"}
          {"\\u00e9token": "\\u00e9 hidden", "Authorization": "B \\ud83d\\ude00"} | {"\u00e9token": "***REDACTED***", "Authorization": "***REDACTED***"}
          "secret"                                                   | "secret"
          """)
  void secretsDoNotReachTheLog(String configuration, String logged) throws SQLException {
    assertThat(logged("configuration", configuration)).isEqualTo(logged);
  }

  @Test
  void secretUnderAThousandLevelsIsHiddenToo() throws SQLException {
    assertThat(logged("configuration", "{\"a\":".repeat(999) + "{\"token\": 1}" + "}".repeat(999)))
        .endsWith("{\"token\": \"***REDACTED***\"" + "}".repeat(1000));
  }

  @Test
  void oldAndNewSecretAreBothHiddenAndTheChangeIsNot() throws SQLException {
    String agent = register("configuration", "{\"secret\": \"old\"}");
    database.execute(
        "UPDATE agents.registry SET configuration = '{\"secret\": \"new\"}' WHERE agent_id = '%s'"
            .formatted(agent));
    assertThat(
            database.query(
                """
                SELECT changed_fields -> 'configuration' FROM audit.change_log
                 WHERE row_data ->> 'agent_id' = '%s' AND operation = 'UPDATE'
                """
                    .formatted(agent)))
        .containsExactly(
            "{\"new\": {\"secret\": \"***REDACTED***\"}, \"old\": {\"secret\":"
                + " \"***REDACTED***\"}}");
  }

  @Test
  void stateWhoseKeyNamesASecretIsHidden() throws SQLException {
    String agent = register("configuration", "{}");
    database.execute(
        """
        INSERT INTO agents.state (agent_id, state_key, state_value)
        VALUES ('%1$s', 'github-token', '"hidden"'), ('%1$s', 'cursor', '"shown"')
        """
            .formatted(agent));
    assertThat(
            database.query(
                """
                SELECT new_data -> 'state_value' FROM audit.change_log
                 WHERE row_data ->> 'agent_id' = '%s' AND table_name = 'state' ORDER BY 1
                """
                    .formatted(agent)))
        .containsExactly("\"***REDACTED***\"", "\"shown\"");
  }

  @Test
  void documentOfAStateIsHiddenAsAWhole() throws SQLException {
    String agent = register("configuration", "{}");
    database.execute(
        """
        INSERT INTO agents.state (agent_id, state_key, state_value, state_document)
        VALUES ('%1$s', 'k', '{"password": "hidden"}', '{ "password":"hidden" }')
        """
            .formatted(agent));
    assertThat(
            database.query(
                """
                SELECT new_data ->> 'state_document' || (new_data -> 'state_value') ::text
                  FROM audit.change_log
                 WHERE row_data ->> 'agent_id' = '%s' AND table_name = 'state'
                """
                    .formatted(agent)))
        .containsExactly("***REDACTED***{\"password\": \"***REDACTED***\"}");
  }

  @Test
  void rulesOfOneTableAndColumnAreAddedByTheOwner() throws SQLException {
    database.execute(
        """
        INSERT INTO audit.redactions (table_schema, table_name, column_name, key_name)
        VALUES ('agents', 'registry', 'capabilities', 'iban'),
               ('agents', 'registry', 'agent_type', NULL),
               ('billing', 'invoices', 'configuration', 'iban')
        """);
    try {
      assertThat(logged("capabilities", "{\"iban\": 1}"))
          .isEqualTo("{\"iban\": \"***REDACTED***\"}");
      assertThat(logged("configuration", "{\"iban\": 1}")).isEqualTo("{\"iban\": 1}");
      assertThat(database.query("SELECT DISTINCT new_data ->> 'agent_type' FROM audit.change_log"))
          .contains("***REDACTED***");
    } finally {
      database.execute(
          "DELETE FROM audit.redactions WHERE table_schema = 'agents'"
              + " AND table_name = 'registry' AND named_by IS NULL OR table_schema = 'billing'");
    }
  }

  private static String register(String column, String document) throws SQLException {
    String agent = UUID.randomUUID().toString();
    database.execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name, %s) VALUES ('%s', 'w', 'n', '%s')"
            .formatted(column, agent, document));
    return agent;
  }

  private static String logged(String column, String document) throws SQLException {
    return database
        .query(
            "SELECT new_data -> '%s' FROM audit.change_log WHERE row_data ->> 'agent_id' = '%s'"
                .formatted(column, register(column, document)))
        .get(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          redactions_rule_key | INSERT INTO audit.redactions (key_name) VALUES ('api_key')
          valid_table | INSERT INTO audit.redactions (table_schema, key_name) VALUES ('s', 'k')
          valid_rule | INSERT INTO audit.redactions (table_schema, table_name) VALUES ('s', 't')
          valid_named_by | INSERT INTO audit.redactions (column_name, key_name, named_by) VALUES ('c', 'k', 'n')
          valid_key_name | INSERT INTO audit.redactions (key_name) VALUES ('.*')
          valid_operation | INSERT INTO audit.change_log (table_schema, table_name, operation) VALUES ('s', 't', 'MERGE')
          valid_key_name | INSERT INTO audit.encryption_keys (key_name, encrypted_key) VALUES ('', 'x')
          valid_key_version | INSERT INTO audit.encryption_keys (key_name, key_version, encrypted_key) VALUES ('k', 0, 'x')
          valid_encrypted_key | INSERT INTO audit.encryption_keys (key_name, encrypted_key) VALUES ('k', '')
          valid_rotation | INSERT INTO audit.encryption_keys (key_name, encrypted_key, rotated_at) VALUES ('k', 'x', now())
          idx_audit_encryption_keys_active | INSERT INTO audit.encryption_keys (key_name, key_version, encrypted_key) VALUES ('k', 1, 'x'), ('k', 2, 'y')
          encryption_keys_key_name_version_key | INSERT INTO audit.encryption_keys (key_name, encrypted_key, active) VALUES ('k', 'x', TRUE), ('k', 'y', FALSE)
          """)
  void badRowsAreRefused(String constraint, String sql) {
    PSQLException failure = catchThrowableOfType(PSQLException.class, () -> database.execute(sql));
    ServerErrorMessage message = Objects.requireNonNull(failure.getServerErrorMessage());
    assertThat(message.getConstraint()).isEqualTo(constraint);
  }

  @Test
  void keyIsRotated() throws SQLException {
    database.execute(
        """
        INSERT INTO audit.encryption_keys (key_name, encrypted_key) VALUES ('rotated', 'x');
        UPDATE audit.encryption_keys SET active = FALSE, rotated_at = now()
         WHERE key_name = 'rotated';
        INSERT INTO audit.encryption_keys (key_name, key_version, encrypted_key)
        VALUES ('rotated', 2, 'y');
        """);
    assertThat(
            database.query(
                "SELECT key_version || algorithm FROM audit.encryption_keys"
                    + " WHERE key_name = 'rotated' AND active"))
        .containsExactly("2AES-256-GCM");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          jane.doe@example.org,     ja****@example.org
          abcde@example.org,        ab****@example.org
          ab@b.co,                  ****@b.co
          abcd@b.co,                ****@b.co
          ab@b,                     ****
          no address,               ****
          two@at@example.org,       ****
          @example.org,             ****
          ``,                       ``
          """)
  void addressesAreMasked(String email, String masked) throws SQLException {
    assertThat(database.query("SELECT audit.mask_email('%s')".formatted(email)))
        .containsExactly(masked);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          +49 30 1234567,           ***-***-4567
          555-123-4567,             ***-***-4567
          1234567,                  ***-***-4567
          123456,                   ***-***-****
          123,                      ***-***-****
          call me on 1234567,       ***-***-****
          ``,                       ``
          """)
  void numbersAreMasked(String phone, String masked) throws SQLException {
    assertThat(database.query("SELECT audit.mask_phone('%s')".formatted(phone)))
        .containsExactly(masked);
    assertThat(
            database.query(
                "SELECT audit.mask_phone(NULL) IS NULL AND audit.mask_email(NULL) IS NULL"))
        .containsExactly("t");
  }

  @Test
  void activityIsCountedByDayInUtc() throws SQLException {
    log("activity", "2026-03-01 23:59:59Z", "2026-03-02 00:00:00Z", "2026-03-02 00:00:01Z");
    assertThat(
            database.query(
                """
                SELECT (audit_date AT TIME ZONE 'UTC')::date || ' ' || change_count || ' '
                       || unique_users
                  FROM audit.daily_activity
                 WHERE table_name = 'activity' AND operation = 'INSERT' ORDER BY 1
                """))
        .containsExactly("2026-03-01 1 1", "2026-03-02 2 1");
  }

  @Test
  void oldPartitionsAreDroppedAndOldRowsOfOthersDeleted() throws SQLException {
    database.execute(
        """
        CREATE TABLE audit.old PARTITION OF audit.change_log
          FOR VALUES FROM ('2019-01-01Z') TO ('2019-02-01Z');
        DO $$ BEGIN EXECUTE format(
          'CREATE TABLE audit.partly PARTITION OF audit.change_log FOR VALUES FROM (%L) TO (%L)',
          date_trunc('day', now(), 'UTC') - INTERVAL '5 years 2 days',
          date_trunc('day', now(), 'UTC') - INTERVAL '5 years' + INTERVAL '2 days'); END $$
        """);
    log("purge", "2019-01-15Z", "2019-01-16Z", "2018-01-01Z");
    String limit =
        "(now()::date - DATE '2000-01-01' - ((now() - INTERVAL '5 years')::date"
            + " - DATE '2000-01-01'))";
    for (String offset : new String[] {"-1 day", "1 hour"}) {
      database.execute(
          """
          INSERT INTO audit.change_log (table_schema, table_name, operation, changed_at)
          SELECT 's', 'purge', 'DELETE',
                 date_trunc('day', now() - INTERVAL '5 years', 'UTC') + INTERVAL '%s'
          """
              .formatted(offset));
    }

    assertThat(database.query("SELECT audit.purge_old_records(%s)".formatted(limit)))
        .containsExactly("4");
    assertThat(database.query("SELECT to_regclass('audit.old') IS NULL")).containsExactly("t");
    assertThat(
            database.query(
                "SELECT tableoid::regclass FROM audit.change_log WHERE table_name = 'purge'"))
        .containsExactly("audit.partly");
    database.execute("DROP TABLE audit.partly");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "NULL"})
  void purgeOfEverythingIsRefused(String days) {
    PSQLException failure =
        catchThrowableOfType(
            PSQLException.class,
            () -> database.query("SELECT audit.purge_old_records(%s)".formatted(days)));
    assertThat(failure.getSQLState()).isEqualTo("22023");
  }

  private static void log(String table, String... times) throws SQLException {
    for (String time : times) {
      database.execute(
          """
          INSERT INTO audit.change_log (table_schema, table_name, operation, changed_at)
          VALUES ('s', '%s', 'INSERT', '%s')
          """
              .formatted(table, time));
    }
  }
}
