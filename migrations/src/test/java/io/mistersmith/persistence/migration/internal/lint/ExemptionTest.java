package io.mistersmith.persistence.migration.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.Finding.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExemptionTest {
  private static final String DROP = "\nALTER TABLE s.t DROP COLUMN c;\n";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-- lint: allow dropped-column \u2014 nobody ever used it",
        "-- lint: allow dropped-column \u2013 nobody ever used it",
        "-- lint: allow dropped-column - nobody ever used it",
        "-- lint: allow dropped-column -- nobody ever used it",
        "--lint:  allow dropped-column  \u2014  x  ",
        "-- kind: schema\n\n-- What it is for.\n-- lint: allow dropped-column - it was wrong"
      })
  void allowsWhatItSays(String head) {
    assertThat(ScriptLint.check("V1.0.0__a.sql", head + DROP)).isEmpty();
  }

  @Test
  void allowsNothingElse() {
    String sql = "-- lint: allow dropped-column - unused\n" + DROP + "DROP TABLE s.t;";
    assertThat(ScriptLint.check("V1.0.0__a.sql", sql))
        .extracting(Finding::rule)
        .containsExactly("dropped-table");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -- lint: allow dropped-column          | gives no reason
          -- lint: allow dropped-column -         | gives no reason
          -- lint: allow drop-column - unused     | no rule drop-column
          -- lint: allow dropped-table - unused   | not needed
          -- lint: ignore dropped-column - unused | not an exemption
          -- lint: allow                          | not an exemption
          """)
  void isAFindingItselfWhereItIsOfNoUse(String head, String message) {
    assertThat(ScriptLint.check("V1.0.0__a.sql", head + DROP))
        .filteredOn(finding -> finding.rule().equals("exemption"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.line()).isEqualTo(1);
              assertThat(finding.message()).contains(message);
              assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            });
  }

  @Test
  void doesNothingBehindTheHead() {
    String sql = DROP + "-- lint: allow dropped-column - unused\n";
    assertThat(ScriptLint.check("V1.0.0__a.sql", sql))
        .extracting(Finding::rule)
        .containsExactly("dropped-column", "exemption");
  }

  @Test
  void scriptThatCannotBeReadIsAFinding() {
    assertThat(ScriptLint.check("V1.0.0__a.sql", "SELECT 1;\nSELECT 'a"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo("unreadable");
              assertThat(finding.line()).isEqualTo(2);
            });
  }
}
