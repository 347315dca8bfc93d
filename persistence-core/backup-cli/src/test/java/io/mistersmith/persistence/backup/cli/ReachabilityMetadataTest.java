package io.mistersmith.persistence.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the jar tells GraalVM is what picocli reads by reflection: commands, options, arguments. */
class ReachabilityMetadataTest {
  private static final Path METADATA =
      Path.of(
          "src/main/resources/META-INF/native-image/io.mistersmith.persistence/persistence-backup-cli",
          "reachability-metadata.json");
  private static final Pattern TYPE =
      Pattern.compile(
          "\\{\"type\": \"([^\"]+)\", \"allDeclaredConstructors\": true, \"allDeclaredFields\":"
              + " true, \"allDeclaredMethods\": true}");

  @Test
  void namesAllTypesOfTheCommandLine() throws IOException, URISyntaxException {
    Path classes =
        Path.of(BackupCli.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    String cli = BackupCli.class.getPackageName();
    List<String> named =
        TYPE.matcher(Files.readString(METADATA)).results().map(match -> match.group(1)).toList();
    try (Stream<Path> files = Files.list(classes.resolve(cli.replace('.', '/')))) {
      assertThat(named)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString().replaceFirst("\\.class$", ""))
                  .filter(name -> !name.equals("package-info") && !name.matches(".*\\$\\d+"))
                  .map(name -> cli + "." + name)
                  .toList());
    }
  }
}
