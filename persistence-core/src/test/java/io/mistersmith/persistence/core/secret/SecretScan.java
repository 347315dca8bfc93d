package io.mistersmith.persistence.core.secret;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Looks for planted secrets in what the tests of a build have written: the reports of all modules,
 * with what was printed, and the lines that {@link SecretAppender} noted.
 */
public final class SecretScan {

  /** The directory in a module's {@code target} that leaks are noted in. */
  static final String LEAKS = "leaked-secrets";

  private static final int DEEPEST = 6;

  private SecretScan() {}

  /**
   * Returns a line for each leak, which does not tell the secret.
   *
   * @param project the directory of the project
   * @param begin when the build began; older files are none of its
   */
  public static List<String> leaks(Path project, Instant begin) throws IOException {
    try (Stream<Path> files =
        Files.find(
            project,
            DEEPEST,
            (file, is) ->
                is.isRegularFile()
                    && !is.lastModifiedTime().toInstant().isBefore(begin)
                    && (isReport(file) || isNote(file)))) {
      List<String> leaks = new ArrayList<>();
      files.sorted().forEach(file -> add(leaks, project, file));
      return leaks;
    }
  }

  private static boolean isReport(Path file) {
    return path(file).matches(".*/target/(surefire|failsafe)-reports/.*\\.(xml|txt)");
  }

  private static boolean isNote(Path file) {
    return path(file).matches(".*/target/" + LEAKS + "/[^/]*\\.txt");
  }

  private static String path(Path file) {
    return file.toString().replace('\\', '/');
  }

  private static void add(List<String> leaks, Path project, Path file) {
    try {
      if (isNote(file)) {
        Files.readAllLines(file, UTF_8).forEach(line -> leaks.add("logged at " + line));
      } else if (Planted.isIn(Files.readString(file, ISO_8859_1))) {
        leaks.add("in " + project.relativize(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
