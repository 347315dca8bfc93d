package io.mistersmith.persistence.migration.internal.lint;

import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.Finding.Severity;

/**
 * A rule: its name, why it is one, and what to write instead. Immutable.
 *
 * <p>Rules for the way forward alone do not speak of U scripts: to take things away is what those
 * are for.
 */
public final class LintRule {

  /** Looks for what the rule speaks against. */
  @FunctionalInterface
  interface Check {
    void check(Script script, Report report);
  }

  /** Takes what is found. */
  @FunctionalInterface
  interface Report {
    void add(int line, String message);
  }

  private final String name;
  private final Severity severity;
  private final String why;
  private final String fix;
  private final boolean forwardOnly;
  private final Check check;

  private LintRule(
      String name, Severity severity, String why, String fix, boolean forwardOnly, Check check) {
    this.name = name;
    this.severity = severity;
    this.why = why;
    this.fix = fix;
    this.forwardOnly = forwardOnly;
    this.check = check;
  }

  static LintRule error(String name, String why, String fix, Check check) {
    return new LintRule(name, Severity.ERROR, why, fix, false, check);
  }

  static LintRule warning(String name, String why, String fix, Check check) {
    return new LintRule(name, Severity.WARNING, why, fix, false, check);
  }

  LintRule forwardOnly() {
    return new LintRule(name, severity, why, fix, true, check);
  }

  void check(Script script, Report report) {
    if (!forwardOnly || !script.wayBack()) {
      check.check(script, report);
    }
  }

  Finding finding(Script script, int line, String message) {
    return new Finding(name, severity, script.fileName(), line, message, fix);
  }

  /** Its name, as an exemption writes it. */
  public String name() {
    return name;
  }

  /** How much its findings weigh. */
  public Severity severity() {
    return severity;
  }

  /** Returns the damage that it prevents. */
  public String why() {
    return why;
  }

  /** Returns what to write instead. */
  public String fix() {
    return fix;
  }

  @Override
  public String toString() {
    return name;
  }
}
