package io.mistersmith.persistence.migration.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.report.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule finds what it should, where it is, and leaves good scripts alone. */
class LintRulesTest {

  /**
   * A script of cases.txt, whose head says "rule bad line" or "rule good", and U for a way back.
   */
  record Case(String rule, boolean bad, int line, String fileName, String sql) {

    static Case of(String text) {
      String head = text.lines().findFirst().orElseThrow();
      String[] words = head.split(" ", -1);
      boolean bad = words[1].equals("bad");
      boolean back = words[words.length - 1].equals("U");
      return new Case(
          words[0],
          bad,
          bad ? Integer.parseInt(words[2]) : 0,
          (back ? "U" : "V") + "1.0.0__case.sql",
          text.substring(head.length() + 1));
    }
  }

  static List<Case> cases() {
    try (InputStream in = LintRulesTest.class.getResourceAsStream("cases.txt")) {
      String all = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      List<Case> cases = new ArrayList<>();
      for (String text : all.split("(?m)^=== ", -1)) {
        if (!text.isBlank()) {
          cases.add(Case.of(text));
        }
      }
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void findsTheBadAndNothingElseInTheGood(Case example) {
    List<Finding> findings = ScriptLint.check(example.fileName(), example.sql());
    if (example.bad()) {
      assertThat(findings)
          .filteredOn(finding -> finding.rule().equals(example.rule()))
          .extracting(Finding::line)
          .containsExactly(example.line());
    } else {
      assertThat(findings).isEmpty();
    }
  }

  @Test
  void eachRuleHasABadAndAGoodCase() {
    assertThat(cases().stream().filter(Case::bad).map(Case::rule).distinct())
        .containsExactlyElementsOf(ScriptLint.rules().stream().map(LintRule::name).toList());
    assertThat(cases().stream().filter(c -> !c.bad()).map(Case::rule).distinct())
        .containsExactlyElementsOf(ScriptLint.rules().stream().map(LintRule::name).toList());
  }

  @Test
  void eachRuleSaysWhyAndWhatToDo() {
    assertThat(ScriptLint.rules())
        .allSatisfy(
            rule -> {
              assertThat(rule.name()).matches("[a-z]+(-[a-z]+)*");
              assertThat(rule.why()).isNotBlank();
              assertThat(rule.fix()).isNotBlank().doesNotEndWith(".");
            });
  }
}
