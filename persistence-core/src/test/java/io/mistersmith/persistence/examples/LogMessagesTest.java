package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The messages that the operations page explains are those that the code writes. */
class LogMessagesTest {

  private static final Path PAGE = Path.of("docs", "operations.md");
  private static final Pattern FIRST_CELL = Pattern.compile("(?m)^\\| (.*?) \\|");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern CONCATENATION = Pattern.compile("\"\\s*\\+\\s*\"");
  private static final int SHORTEST = 7;

  @Test
  void explainsMessagesThatTheCodeWrites() throws IOException {
    String page = Files.readString(PAGE);
    String table =
        page.substring(page.indexOf("### What the log says"), page.indexOf("### What callers see"));
    String code = code();
    List<String> parts =
        FIRST_CELL
            .matcher(table)
            .results()
            .map((MatchResult row) -> row.group(1))
            .flatMap(cell -> QUOTED.matcher(cell).results().map(quote -> quote.group(1)))
            .flatMap(message -> Arrays.stream(message.split("…")))
            .map(part -> part.replaceAll("^[ ,()]+|[ ,()]+$", ""))
            .filter(part -> part.length() >= SHORTEST)
            .toList();
    assertThat(parts).hasSizeGreaterThan(20).allMatch(code::contains);
  }

  private static String code() throws IOException {
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      return modules
          .map(module -> module.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .map(LogMessagesTest::sources)
          .collect(Collectors.joining("\n"));
    }
  }

  private static String sources(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(LogMessagesTest::read)
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file, with messages that are made of several literals in one piece. */
  private static String read(Path file) {
    try {
      return CONCATENATION.matcher(Files.readString(file)).replaceAll("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
