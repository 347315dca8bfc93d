package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What these modules have for users, they export: all packages. */
class ExportedPackagesTest {

  @ParameterizedTest
  @ValueSource(strings = {"persistence-api", "persistence-test-kit"})
  void exportsAllPackages(String module) throws IOException {
    Path sources = Path.of("..", module, "src", "main", "java");
    List<String> exported =
        Pattern.compile("exports ([\\w.]+);")
            .matcher(Files.readString(sources.resolve("module-info.java")))
            .results()
            .map((MatchResult match) -> match.group(1))
            .toList();
    try (Stream<Path> files = Files.walk(sources)) {
      assertThat(exported)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(file -> file.endsWith("package-info.java"))
                  .map(file -> sources.relativize(file.resolveSibling("")).toString())
                  .map(name -> name.replace('/', '.').replace('\\', '.'))
                  .toList());
    }
  }
}
