package io.mistersmith.persistence.migration.internal.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptHeaderTest {
  @Test
  void readsEveryKeyAndTheProseBehindThem() {
    ScriptHeader header =
        parse(
            """
            -- kind: index
            -- depends-on: 1.7.0, core 2.3.0
            -- transactional: no
            -- lint: allow some-rule — the table is empty
            -- lint: allow other-rule — it is small
            -- verify-before: SELECT a FROM s.t
            --   WHERE a < 0
            --   LIMIT 1;
            -- verify-after: TABLE s.bad
            -- verify-after: SELECT 1 WHERE false
            --
            -- Indexes for the archive:
            -- kind: is no key here.
            --
            -- A second paragraph.
            CREATE INDEX CONCURRENTLY i ON a.t (c);
            """);
    assertThat(header.kind()).isEqualTo(Migration.Kind.INDEX);
    assertThat(header.dependsOn())
        .contains(
            List.of(
                new ScriptId("audit", MigrationVersion.parse("1.7.0")),
                new ScriptId("core", MigrationVersion.parse("2.3.0"))));
    assertThat(header.transactional()).isFalse();
    assertThat(header.lintAllowances()).hasSize(2);
    assertThat(header.verifyBefore()).containsExactly("SELECT a FROM s.t WHERE a < 0 LIMIT 1");
    assertThat(header.verifyAfter()).containsExactly("TABLE s.bad", "SELECT 1 WHERE false");
    assertThat(header.description()).isEqualTo("Indexes for the archive: kind: is no key here.");
  }

  @Test
  void scriptWithoutHeaderIsATransactionOfTheSchema() {
    ScriptHeader header = parse("SELECT 1;\n-- kind: data\n");
    assertThat(header.kind()).isEqualTo(Migration.Kind.SCHEMA);
    assertThat(header.dependsOn()).isEmpty();
    assertThat(header.transactional()).isTrue();
    assertThat(header.description()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-- kind: tables",
        "-- depends: 1.0.0",
        "-- depends-on: 1.0",
        "-- depends-on:",
        "-- depends-on: 1.0.0 2.0.0",
        "-- transactional: maybe",
        "-- verify-before:",
        "-- verify-before: DELETE FROM s.t",
        "-- verify-after: SELECT 1; SELECT 2",
        "-- verify-after: SELECT 'never ends"
      })
  void refusesWhatItDoesNotUnderstand(String line) {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> parse(line + "\nSELECT 1;"))
        .withMessageContaining("V1.0.0__x.sql");
  }

  private static ScriptHeader parse(String sql) {
    return ScriptHeader.parse("audit", "V1.0.0__x.sql", sql);
  }
}
