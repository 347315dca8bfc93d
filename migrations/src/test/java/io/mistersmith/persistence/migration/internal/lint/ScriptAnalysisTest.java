package io.mistersmith.persistence.migration.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

import io.mistersmith.persistence.migration.internal.sql.LockMode;
import io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.PlannedMigration.Risk;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScriptAnalysisTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          NONE   | CREATE TABLE s.t (a BIGINT); CREATE INDEX i ON s.t (a); DROP INDEX s.i
          NONE   | INSERT INTO s.t (a) VALUES (1)
          LOW    | CREATE TABLE s.t (a BIGINT CONSTRAINT k REFERENCES s.u (a))
          LOW    | ALTER TABLE s.t ADD COLUMN c BIGINT
          LOW    | ALTER TABLE s.t VALIDATE CONSTRAINT c
          LOW    | `-- transactional: no\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)`
          LOW    | CREATE TRIGGER r BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()
          MEDIUM | ALTER TABLE s.t ADD COLUMN c BIGINT; ALTER TABLE s.u ADD COLUMN c BIGINT
          MEDIUM | `-- lint: allow index-not-concurrent - small\nCREATE INDEX i ON s.t (a)`
          HIGH   | CREATE INDEX i ON s.t (a)
          HIGH   | `-- lint: allow column-type - small\nALTER TABLE s.t ALTER COLUMN c TYPE TEXT`
          HIGH   | `-- lint: allow dropped-column - done\nALTER TABLE s.t DROP COLUMN c`
          HIGH   | TRUNCATE s.t
          """)
  void weighsTheRisk(Risk risk, String sql) {
    assertThat(ScriptAnalysis.of("V1.0.0__a.sql", sql).risk()).isEqualTo(risk);
  }

  @Test
  void namesTheStrongestLockOfEachRelationThatItDidNotMake() {
    ScriptAnalysis analysis =
        ScriptAnalysis.of(
            "V1.0.0__a.sql",
            """
            CREATE TABLE s.mine (a BIGINT CONSTRAINT k REFERENCES s.u (a));
            ALTER TABLE s.mine ADD COLUMN b BIGINT;
            CREATE TRIGGER r BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f();
            ALTER TABLE s.t ADD COLUMN b BIGINT;
            COMMENT ON COLUMN s.t.b IS 'b';
            """);
    assertThat(analysis.locks())
        .containsExactly(
            entry("s.t", LockMode.ACCESS_EXCLUSIVE), entry("s.u", LockMode.SHARE_ROW_EXCLUSIVE));
    assertThat(analysis.statements())
        .extracting(StatementFacts::summary)
        .startsWith("CREATE TABLE s.mine", "ALTER TABLE s.mine", "CREATE TRIGGER r on s.t");
  }

  @Test
  void knowsWhatCannotRunInATransaction() {
    String sql = "-- transactional: no\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a);";
    ScriptAnalysis analysis = ScriptAnalysis.of("V1.0.0__a.sql", sql);
    assertThat(analysis.canRunInTransaction()).isFalse();
    assertThat(analysis.declaredTransactional()).isFalse();
    assertThat(analysis.findings()).isEmpty();

    ScriptAnalysis plain = ScriptAnalysis.of("V1.0.0__a.sql", "CREATE SCHEMA s");
    assertThat(plain.canRunInTransaction()).isTrue();
    assertThat(plain.declaredTransactional()).isTrue();
  }

  @Test
  void knowsTheTablesOfEarlierScripts() {
    ScriptAnalysis first =
        ScriptAnalysis.of("V1.0.0__a.sql", "CREATE TABLE s.t (a BIGINT, value JSONB)");
    String include =
        """
        -- transactional: no
        CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a) INCLUDE (value)
        """;
    assertThat(ScriptAnalysis.of("V1.1.0__b.sql", include).findings()).isEmpty();
    assertThat(ScriptAnalysis.of("V1.1.0__b.sql", include, List.of(first)).findings())
        .extracting(Finding::rule)
        .containsExactly("wide-include");
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThatExceptionOfType(ScriptSyntaxException.class)
        .isThrownBy(() -> ScriptAnalysis.of("V1.0.0__a.sql", "\\i other.sql"))
        .withMessageContaining("V1.0.0__a.sql:1");
  }
}
