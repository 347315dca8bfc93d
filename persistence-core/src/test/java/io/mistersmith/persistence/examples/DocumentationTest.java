package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that each line of Java on the pages is in code that the build runs, and that links lead
 * there.
 */
class DocumentationTest {

  private static final Path ROOT = Path.of("..");
  private static final Path README = ROOT.resolve("README.md");
  private static final Path EXAMPLES = Path.of("src", "examples", "java");
  private static final List<Path> CODE =
      List.of(EXAMPLES, ROOT.resolve("migrations/src/test/java"));
  private static final List<Path> FOLDERS =
      List.of(ROOT, Path.of("docs"), ROOT.resolve("migrations/docs"));
  private static final Set<String> LANGUAGES =
      Set.of("java", "sh", "sql", "xml", "yaml", "text", "mermaid");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  private record Block(String language, String text) {}

  static Stream<Path> pages() {
    return FOLDERS.stream()
        .flatMap(folder -> files(folder, 1))
        .filter(file -> file.toString().endsWith(".md"));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void showsJavaThatTheBuildRuns(Path page) {
    List<String> examples =
        CODE.stream()
            .flatMap(folder -> files(folder, Integer.MAX_VALUE))
            .filter(file -> file.toString().endsWith(".java"))
            .map(file -> withoutIndent(lines(file)))
            .toList();
    assertThat(blocks(page))
        .filteredOn(block -> block.language().equals("java"))
        .filteredOn(block -> examples.stream().noneMatch(code -> code.contains(block.text())))
        .as("Java that is in no example")
        .isEmpty();
  }

  /** A block without a language could be Java that nothing compares. */
  @ParameterizedTest
  @MethodSource("pages")
  void namesTheLanguageOfEachBlock(Path page) {
    assertThat(blocks(page)).extracting(Block::language).isSubsetOf(LANGUAGES);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksToWhatIsThere(Path page) {
    assertThat(links(page)).allMatch(link -> leadsSomewhere(page, link));
  }

  @Test
  void everyPageIsLinkedFromTheReadme() {
    Stream<Path> manual = pages().filter(page -> page.toString().contains("docs"));
    assertThat(manual)
        .hasSizeGreaterThan(10)
        .allMatch(page -> links(README).stream().anyMatch(link -> link.endsWith(nameOf(page))));
  }

  @Test
  void readmeShowsACompleteProgramInItsFirstThirtyLines() {
    List<String> program = lines(EXAMPLES.resolve(path(FirstSteps.class)));
    // The package statement and the blank line after it are the reader's own.
    assertThat(lines(README).subList(0, 30)).containsSequence(program.subList(2, program.size()));
  }

  @Test
  void readmeIsShort() {
    assertThat(lines(README)).hasSizeLessThanOrEqualTo(180);
  }

  private static String nameOf(Path page) {
    return String.valueOf(page.getFileName());
  }

  private static boolean leadsSomewhere(Path page, String link) {
    if (link.startsWith("https://")) {
      return true;
    }
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
    return Files.exists(target)
        && (parts.length == 1 || anchors(target).anyMatch(parts[1]::equals));
  }

  /** The headings as pages of repositories name them. */
  private static Stream<String> anchors(Path page) {
    return lines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\w\\- ]", "").replace(' ', '-'));
  }

  private static List<String> links(Path page) {
    return LINK.matcher(String.join("\n", lines(page)))
        .results()
        .map((MatchResult link) -> link.group(1))
        .toList();
  }

  private static List<Block> blocks(Path page) {
    List<Block> blocks = new ArrayList<>();
    List<String> block = new ArrayList<>();
    String language = "";
    boolean inside = false;
    for (String line : lines(page)) {
      if (inside && line.strip().startsWith("```")) {
        blocks.add(new Block(language, withoutIndent(block)));
        block.clear();
        inside = false;
      } else if (inside) {
        block.add(line);
      } else if (line.strip().startsWith("```")) {
        language = line.strip().substring(3);
        inside = true;
      }
    }
    return blocks;
  }

  private static String path(Class<?> type) {
    return type.getName().replace('.', '/') + ".java";
  }

  private static String withoutIndent(List<String> lines) {
    return String.join("\n", lines.stream().map(String::strip).toList());
  }

  private static Stream<Path> files(Path folder, int depth) {
    try (Stream<Path> files = Files.walk(folder, depth)) {
      return files.filter(Files::isRegularFile).sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
