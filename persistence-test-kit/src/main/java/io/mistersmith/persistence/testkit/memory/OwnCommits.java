package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number of the latest commit that one runtime made or was told of. Thread-safe. */
final class OwnCommits {

  private static final Pattern TEXT = Pattern.compile("memory/([0-9a-f-]{36})/(\\d{1,18})");

  private final AtomicLong latest = new AtomicLong();

  long latest() {
    return latest.get();
  }

  void saw(long commit) {
    latest.accumulateAndGet(commit, Math::max);
  }

  static Position position(UUID installation, long commits) {
    return new Position("memory/" + installation + "/" + commits);
  }

  /** Takes note of a position; one of another installation counts as the latest of this one. */
  void observe(Position position, UUID installation, long commits) {
    Matcher parts = TEXT.matcher(position.text());
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "position: this is none of in-memory stores; give the text of"
              + " TransactionRunner.position()");
    }
    boolean same = parts.group(1).equals(installation.toString());
    saw(same ? Long.parseLong(parts.group(2)) : commits);
  }
}
