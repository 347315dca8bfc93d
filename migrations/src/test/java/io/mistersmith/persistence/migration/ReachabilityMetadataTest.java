package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the jar tells GraalVM is what it reads: scripts by name, and commands through picocli. */
class ReachabilityMetadataTest {
  private static final Path RESOURCES = Path.of("src", "main", "resources");
  private static final Path METADATA =
      RESOURCES.resolve(
          "META-INF/native-image/io.mistersmith.persistence/migrations/reachability-metadata.json");
  private static final String CLI = "io.mistersmith.persistence.cli.";
  private static final String ALL =
      "\", \"allDeclaredConstructors\": true, \"allDeclaredFields\": true,"
          + " \"allDeclaredMethods\": true}";

  @Test
  void namesAllScripts() throws IOException {
    List<PathMatcher> globs =
        values("\\{\"glob\": \"([^\"]+)\"}").stream()
            .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
            .toList();
    try (Stream<Path> files = Files.walk(RESOURCES.resolve("io"))) {
      assertThat(files.filter(Files::isRegularFile).map(RESOURCES::relativize))
          .isNotEmpty()
          .allMatch(file -> globs.stream().anyMatch(glob -> glob.matches(file)));
    }
  }

  @Test
  void namesAllTypesOfTheCommandLine() throws IOException, URISyntaxException {
    Path classes =
        Path.of(MigrationRunner.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.list(classes.resolve(CLI.replace('.', '/')))) {
      assertThat(values("\\{\"type\": \"([^\"]+)" + Pattern.quote(ALL)))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString().replaceFirst("\\.class$", ""))
                  .filter(name -> !name.equals("package-info") && !name.matches(".*\\$\\d+"))
                  .map(CLI::concat)
                  .toList());
    }
  }

  private static List<String> values(String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(METADATA))
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }
}
