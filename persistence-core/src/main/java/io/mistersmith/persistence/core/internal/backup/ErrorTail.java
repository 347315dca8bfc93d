package io.mistersmith.persistence.core.internal.backup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the last lines of a program's standard error, which must be read so that the program can go
 * on. Leaves out lines that quote values: a server's details, and the rows of a dump. Thread-safe.
 */
final class ErrorTail implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(ErrorTail.class);

  private static final int MOST_LINES = 40;
  private static final int LONGEST_LINE = 500;

  private final InputStream errors;
  private final Deque<String> lines = new ArrayDeque<>();

  ErrorTail(InputStream errors) {
    this.errors = errors;
  }

  @Override
  public void run() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(errors, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      LOG.debug("the standard error of a program was cut off", e);
    }
  }

  synchronized void add(String line) {
    String text = line.strip();
    if (text.isEmpty() || quotesValues(text)) {
      return;
    }
    lines.addLast(text.substring(0, Math.min(text.length(), LONGEST_LINE)));
    if (lines.size() > MOST_LINES) {
      lines.removeFirst();
    }
  }

  private static boolean quotesValues(String line) {
    return line.contains("DETAIL:")
        || line.contains("CONTEXT:")
        || line.contains("detail: ")
        || line.contains("Command was:");
  }

  /** Returns the lines that were kept. */
  synchronized String text() {
    return String.join("\n", lines);
  }
}
