package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AptSourceTest {
  private static final String DEBIAN_SOURCES =
      """
      Types: deb
      # a comment between fields
      URIs: http://archive.example/debian
      Suites: bookworm bookworm-updates
      Components: main
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

      Types: deb deb-src
      URIs: http://archive.example/debian-security
      Suites: bookworm-security
      Components: main

      Enabled: no
      Types: deb
      URIs: http://disabled.example/debian
      Suites: bookworm
      Components: main

      Types: deb-src
      URIs: http://sources.example/debian
      Suites: bookworm
      Components: main
      """;

  @Test
  void readsDeb822() {
    List<AptSource> sources = AptSource.parseDeb822(DEBIAN_SOURCES);
    assertThat(sources)
        .containsExactly(
            new AptSource(
                List.of("http://archive.example/debian"),
                List.of("bookworm", "bookworm-updates"),
                List.of("main"),
                Optional.of("/usr/share/keyrings/debian-archive-keyring.gpg")),
            new AptSource(
                List.of("http://archive.example/debian-security"),
                List.of("bookworm-security"),
                List.of("main"),
                Optional.empty()));
  }

  @Test
  void keepsAKeyThatIsWrittenIntoTheSource() {
    String text =
        """
        Types: deb
        URIs: mirror+file:/etc/apt/mirrors/debian.list
        Suites: trixie
        Components: main contrib
        Signed-By:
         -----BEGIN PGP PUBLIC KEY BLOCK-----
         .
         mQINBF
         -----END PGP PUBLIC KEY BLOCK-----
        """;
    AptSource source = AptSource.parseDeb822(text).get(0);
    assertThat(source.withSuite("sid", "main"))
        .isEqualTo(
            """
            Types: deb
            URIs: mirror+file:/etc/apt/mirrors/debian.list
            Suites: sid
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             mQINBF
             -----END PGP PUBLIC KEY BLOCK-----
            """);
  }

  @Test
  void readsTheOneLineNotation() {
    String text =
        """
        # deb http://commented.example/debian bookworm main
        deb [ arch=amd64 signed-by=/usr/share/keyrings/k.gpg ] http://archive.example/debian bookworm main contrib # end
        deb-src http://archive.example/debian bookworm main
        deb\thttp://archive.example/security  bookworm-security   main
        deb [broken
        """;
    assertThat(AptSource.parseList(text))
        .containsExactly(
            new AptSource(
                List.of("http://archive.example/debian"),
                List.of("bookworm"),
                List.of("main", "contrib"),
                Optional.of("/usr/share/keyrings/k.gpg")),
            new AptSource(
                List.of("http://archive.example/security"),
                List.of("bookworm-security"),
                List.of("main"),
                Optional.empty()));
  }

  @Test
  void readsTheSystemsFilesAndNothingElse(@TempDir Path etcApt) throws IOException {
    assertThat(AptSource.ofSystem(etcApt)).isEmpty();
    Path parts = Files.createDirectory(etcApt.resolve("sources.list.d"));
    Files.writeString(etcApt.resolve("sources.list"), "deb http://one.example/d sid main\n");
    Files.writeString(parts.resolve("a.list"), "deb http://two.example/d sid main\n");
    Files.writeString(parts.resolve("b.sources"), DEBIAN_SOURCES);
    Files.writeString(parts.resolve("c.list.disabled"), "deb http://off.example/d sid main\n");
    assertThat(AptSource.ofSystem(etcApt))
        .extracting(source -> source.uris().get(0))
        .containsExactly(
            "http://one.example/d",
            "http://two.example/d",
            "http://archive.example/debian",
            "http://archive.example/debian-security");
  }

  @Test
  void takesTheLinesOfNatsServerFromTheSystemsOwnArchive() {
    List<AptSource> sources =
        AptSource.parseList(
            """
            deb http://others.example/apt nodistro main
            deb http://archive.example/debian-security bookworm-security main
            deb http://archive.example/debian bookworm main
            """);
    Map<String, String> debian = Map.of("ID", "debian", "VERSION_CODENAME", "bookworm");
    DistributionPackage oldest = DistributionPackage.natsServer("oldest", debian, sources);
    DistributionPackage newest = DistributionPackage.natsServer("newest", debian, sources);
    assertThat(oldest.suite()).isEqualTo("bookworm");
    assertThat(newest.suite()).isEqualTo("sid");
    assertThat(newest.source().uris()).containsExactly("http://archive.example/debian");
  }

  @Test
  void takesUbuntusOwnReleaseAndSaysWhatToDoWithoutASource() {
    Map<String, String> ubuntu = Map.of("ID", "ubuntu", "VERSION_CODENAME", "noble");
    List<AptSource> sources =
        AptSource.parseList("deb http://archive.example/ubuntu noble main universe\n");
    DistributionPackage newest = DistributionPackage.natsServer("newest", ubuntu, sources);
    assertThat(newest.suite()).isEqualTo("noble");
    assertThat(newest.component()).isEqualTo("universe");
    assertThatThrownBy(() -> DistributionPackage.natsServer("oldest", ubuntu, List.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NATS_SERVER_BIN_OLDEST");
  }
}
