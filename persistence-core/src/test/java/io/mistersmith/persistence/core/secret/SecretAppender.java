package io.mistersmith.persistence.core.secret;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Reads every line that is logged in a run of tests. A line that tells a secret is noted, without
 * its text, for the test that looks, and in a file that {@link SecretScan} finds.
 */
public final class SecretAppender extends AppenderBase<ILoggingEvent> {

  private static final List<String> LEAKS = new CopyOnWriteArrayList<>();

  private final Path directory;
  private final List<String> leaks;

  /** For logback. */
  public SecretAppender() {
    this(Path.of("target", SecretScan.LEAKS), LEAKS);
  }

  /** An appender that notes leaks elsewhere. */
  SecretAppender(Path directory, List<String> leaks) {
    this.directory = directory;
    this.leaks = leaks;
  }

  /** Returns where lines that tell a secret were logged in this process. */
  static List<String> leaks() {
    return List.copyOf(LEAKS);
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (Planted.isIn(event.getFormattedMessage()) || tells(event.getThrowableProxy())) {
      String where = event.getLevel() + " " + event.getLoggerName() + ": " + event.getMessage();
      String shown = Planted.isIn(where) ? event.getLevel() + " " + event.getLoggerName() : where;
      leaks.add(shown);
      note(shown);
    }
  }

  private static boolean tells(@Nullable IThrowableProxy thrown) {
    if (thrown == null) {
      return false;
    }
    if (Planted.isIn(String.valueOf(thrown.getMessage())) || tells(thrown.getCause())) {
      return true;
    }
    for (IThrowableProxy suppressed : thrown.getSuppressed()) {
      if (tells(suppressed)) {
        return true;
      }
    }
    return false;
  }

  private void note(String where) {
    try {
      Files.createDirectories(directory);
      Files.writeString(
          directory.resolve(ProcessHandle.current().pid() + ".txt"),
          where + System.lineSeparator(),
          UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
