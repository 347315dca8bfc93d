package io.mistersmith.persistence.migration.internal.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings for the linter in the comment at the head of a script: {@code -- transactional: no},
 * and {@code -- lint: allow <rule> — <reason>}.
 *
 * @param transactional whether the script runs in a transaction
 * @param exemptions what is allowed
 * @param misplaced the lines of exemptions that stand behind the head, where they allow nothing
 */
record LintHeader(boolean transactional, List<Exemption> exemptions, List<Integer> misplaced) {
  private static final Pattern TRANSACTIONAL =
      Pattern.compile("--\\s*transactional:\\s*(no|false)\\s*", Pattern.CASE_INSENSITIVE);
  private static final Pattern LINT = Pattern.compile("--\\s*lint:\\s*(.*)");
  private static final Pattern ALLOW =
      Pattern.compile("allow\\s+([A-Za-z0-9_-]+?)(?:\\s+(?:\u2014|\u2013|--?)\\s*(.*?))?\\s*");

  /**
   * A rule that does not hold for a script.
   *
   * @param rule the rule's name; empty where the line cannot be read
   * @param reason why; empty where none is given
   * @param line the line of the script
   */
  record Exemption(String rule, String reason, int line) {}

  static LintHeader of(String sql) {
    boolean transactional = true;
    List<Exemption> exemptions = new ArrayList<>();
    List<Integer> misplaced = new ArrayList<>();
    boolean head = true;
    int number = 0;
    for (String raw : sql.split("\n", -1)) {
      number++;
      String line = raw.strip();
      head &= line.isEmpty() || line.startsWith("--");
      Matcher lint = LINT.matcher(line);
      if (head) {
        transactional &= !TRANSACTIONAL.matcher(line).matches();
        if (lint.matches()) {
          exemptions.add(exemption(lint.group(1), number));
        }
      } else if (lint.matches()) {
        misplaced.add(number);
      }
    }
    return new LintHeader(transactional, List.copyOf(exemptions), List.copyOf(misplaced));
  }

  private static Exemption exemption(String text, int line) {
    Matcher allow = ALLOW.matcher(text);
    if (!allow.matches()) {
      return new Exemption("", "", line);
    }
    String reason = allow.group(2) == null ? "" : allow.group(2);
    return new Exemption(allow.group(1), reason, line);
  }
}
