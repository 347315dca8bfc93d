package io.mistersmith.persistence.migration.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.report.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every script that the module brings, of whatever set, is clean or says why it is exempt. */
class BundledScriptsLintTest {
  private static final Path ROOT = Path.of("src/main/resources/io/mistersmith/persistence/db");
  private static final Path CORE = ROOT.resolve("core");
  private static final Pattern VERSION =
      Pattern.compile("([VU])(\\d+)\\.(\\d+)\\.(\\d+)__.*\\.sql");

  static List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.walk(ROOT)) {
      return all.filter(Files::isDirectory).filter(f -> !scripts(f, "V").isEmpty()).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void scriptsOfTheFolderPass(Path folder) throws IOException {
    List<ScriptAnalysis> earlier = new ArrayList<>();
    if (!folder.equals(CORE)) {
      for (Path script : scripts(CORE, "V")) {
        earlier.add(analyse(script, earlier));
      }
    }
    List<Finding> findings = new ArrayList<>();
    for (Path script : scripts(folder, "V")) {
      ScriptAnalysis analysis = analyse(script, earlier);
      earlier.add(analysis);
      findings.addAll(analysis.findings());
    }
    for (Path script : scripts(folder, "U")) {
      findings.addAll(analyse(script, earlier).findings());
    }
    assertThat(findings).isEmpty();
  }

  @Test
  void findsTheCoreSet() throws IOException {
    assertThat(folders()).contains(CORE);
    assertThat(scripts(CORE, "V")).hasSizeGreaterThanOrEqualTo(5);
  }

  private static ScriptAnalysis analyse(Path script, List<ScriptAnalysis> earlier)
      throws IOException {
    return ScriptAnalysis.of(ROOT.relativize(script).toString(), Files.readString(script), earlier);
  }

  /** The scripts of a folder in the order of their versions. */
  private static List<Path> scripts(Path folder, String direction) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.getFileName().toString().startsWith(direction))
          .filter(file -> file.getFileName().toString().endsWith(".sql"))
          .sorted(Comparator.comparingLong(BundledScriptsLintTest::version))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long version(Path script) {
    Matcher matcher = VERSION.matcher(script.getFileName().toString());
    assertThat(matcher.matches()).as("name of %s", script).isTrue();
    return Long.parseLong(matcher.group(2)) * 1_000_000
        + Long.parseLong(matcher.group(3)) * 1_000
        + Long.parseLong(matcher.group(4));
  }
}
