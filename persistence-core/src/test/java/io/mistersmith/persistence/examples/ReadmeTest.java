package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows as Java is, line by line, in an example that the build runs. */
class ReadmeTest {

  private static final Path README = Path.of("..", "README.md");
  private static final Path EXAMPLES = Path.of("src", "examples", "java");

  @Test
  void quotesTheExamples() throws IOException {
    List<String> examples = new ArrayList<>();
    try (Stream<Path> files = Files.walk(EXAMPLES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        examples.add(withoutIndent(Files.readAllLines(file)));
      }
    }
    List<String> blocks = javaBlocks();
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(2);
    assertThat(blocks)
        .allSatisfy(block -> assertThat(examples).anyMatch(example -> example.contains(block)));
  }

  @Test
  void showsACompleteProgramInItsFirstThirtyLines() throws IOException {
    List<String> lines = Files.readAllLines(README);
    List<String> program = Files.readAllLines(EXAMPLES.resolve(path(FirstSteps.class)));
    // The package statement and the blank line after it are the reader's own.
    assertThat(lines.subList(0, 30)).containsSequence(program.subList(2, program.size()));
  }

  private static String path(Class<?> type) {
    return type.getName().replace('.', '/') + ".java";
  }

  private static List<String> javaBlocks() throws IOException {
    List<String> blocks = new ArrayList<>();
    List<String> block = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(README)) {
      if (inside && line.startsWith("```")) {
        blocks.add(withoutIndent(block));
        block.clear();
        inside = false;
      } else if (inside) {
        block.add(line);
      } else {
        inside = line.equals("```java");
      }
    }
    return blocks;
  }

  private static String withoutIndent(List<String> lines) {
    return String.join("\n", lines.stream().map(String::strip).toList());
  }
}
