package io.mistersmith.persistence.migration.internal.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptFolderTest {
  @TempDir private Path folder;

  @Test
  void readsScriptsInTheOrderOfTheirVersions() throws IOException {
    write("V1.10.0__third.sql", "SELECT 3;");
    write("V1.9.0__the_second_one.sql", "SELECT 2;");
    write("U1.9.0__the_second_one.sql", "SELECT -2;");
    write("V0.1.0__first.sql", "SELECT 1;");
    write("README.md", "not a script");

    List<Migration> migrations = ScriptFolder.of(folder);

    assertThat(migrations)
        .extracting(Migration::fileName)
        .containsExactly("V0.1.0__first.sql", "V1.9.0__the_second_one.sql", "V1.10.0__third.sql");
    assertThat(migrations.get(1).name()).isEqualTo("the second one");
    assertThat(migrations.get(1).rollbackSql()).contains("SELECT -2;");
    assertThat(migrations.get(2).rollbackSql()).isEmpty();
  }

  @Test
  void checksumIsTheSha256OfTheTextWhateverItsLineEnds() {
    // printf 'SELECT 1;\nSELECT 2;\n' | sha256sum
    String expected = "82efb67f3010c6eb7ead02e4f6d9550633dbc1407f99aa487468e7b2567aebbc";
    assertThat(ScriptFile.of("V1.0.0__a.sql", utf8("SELECT 1;\nSELECT 2;\n")).checksum())
        .isEqualTo(expected);
    assertThat(ScriptFile.of("V1.0.0__a.sql", utf8("\uFEFFSELECT 1;\r\nSELECT 2;\r\n")).checksum())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "V1.0__short.sql",
        "V1_0_0__underscores.sql",
        "V01.0.0__zero.sql",
        "V1.0.0-rc.1__flyway_has_no_pre_releases.sql",
        "V1.0.0_one_underscore.sql",
        "V1.0.0__.sql",
        "v1.0.0__lower.sql",
        "R__repeatable.sql",
        "V1.0.0__sp ace.sql"
      })
  void refusesNamesThatFlywayOrAHistoryWouldNotTake(String name) throws IOException {
    write(name, "SELECT 1;");
    assertInvalid(name);
  }

  @Test
  void refusesTwoScriptsOfOneVersion() throws IOException {
    write("V1.0.0__a.sql", "SELECT 1;");
    write("V1.0.0__b.sql", "SELECT 1;");
    assertInvalid("V1.0.0__b.sql");
  }

  @Test
  void refusesAWayBackFromNowhere() throws IOException {
    write("U1.0.0__a.sql", "SELECT 1;");
    assertInvalid("U1.0.0__a.sql");
  }

  @Test
  void refusesEmptyScripts() throws IOException {
    write("V1.0.0__a.sql", " \n");
    assertInvalid("V1.0.0__a.sql");
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    Files.write(
        folder.resolve("V1.0.0__a.sql"), "SELECT 'é';".getBytes(StandardCharsets.ISO_8859_1));
    assertInvalid("V1.0.0__a.sql");
  }

  @Test
  void namesTheFolderThatCannotBeRead() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptFolder.of(folder.resolve("missing")))
        .withMessageContaining("missing");
  }

  private void assertInvalid(String named) {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptFolder.of(folder))
        .withMessageContaining(named)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_SCRIPT));
  }

  private void write(String name, String content) throws IOException {
    Files.write(folder.resolve(name), utf8(content));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
