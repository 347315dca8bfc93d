package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each line of the table in docs/configuration.md of where servers are leads to what it says. */
class ConnectionTableTest {

  private static final Path PAGE = Path.of("docs/configuration.md");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  static Stream<List<String>> lines() throws IOException {
    List<String> page = Files.readAllLines(PAGE);
    int start = page.indexOf("| where | set | connects to |") + 2;
    return page.stream()
        .skip(start)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ")));
  }

  @Test
  void theTableIsThere() throws IOException {
    assertThat(lines()).hasSizeGreaterThan(8).allMatch(cells -> cells.size() == 3);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void leadsToWhatTheLineSays(List<String> cells) {
    Properties set = new Properties();
    for (String setting : code(cells.get(1))) {
      String[] nameAndValue = setting.split("=", 2);
      set.setProperty(nameAndValue[0], nameAndValue[1]);
    }
    assertThat(PersistenceConfig.from(set).build().toString())
        .as(cells.get(0))
        .contains(code(cells.get(2)));
  }

  private static List<String> code(String cell) {
    return CODE.matcher(cell)
        .results()
        .map(MatchResult::group)
        .map(ConnectionTableTest::bare)
        .toList();
  }

  private static String bare(String code) {
    return code.substring(1, code.length() - 1);
  }
}
