package io.mistersmith.persistence.adk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.adk.artifacts.BaseArtifactService;
import com.google.genai.types.Part;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the ADK's InMemoryArtifactServiceTest demands, under the names that it has there. */
abstract class ArtifactCases extends ServiceTests {

  private static final String FILE = "test-file.txt";
  private static final String USER_FILE = "user:config.json";

  private @Nullable PersistentArtifactService opened;

  private PersistentArtifactService artifacts() {
    return Objects.requireNonNull(opened);
  }

  @BeforeEach
  void openArtifacts() {
    opened = PersistentArtifactService.of(stores().runtime());
    for (String session : List.of("a", "b")) {
      artifacts().forgetSession("app", "user", session).blockingAwait();
    }
    artifacts().forgetUser("app", "user").blockingAwait();
  }

  private static Part part(int... bytes) {
    byte[] data = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      data[i] = (byte) bytes[i];
    }
    return Part.fromBytes(data, "text/plain");
  }

  private int save(String session, String name, Part part) {
    return artifacts().saveArtifact("app", "user", session, name, part).blockingGet();
  }

  /** Returns the JSON of a part: parts with bytes are never equal. */
  private static @Nullable String load(
      BaseArtifactService from, String session, String name, @Nullable Integer version) {
    Part found = from.loadArtifact("app", "user", session, name, version).blockingGet();
    return found == null ? null : found.toJson();
  }

  private @Nullable String load(String session, String name) {
    return load(artifacts(), session, name, null);
  }

  private List<String> names(String session) {
    return artifacts().listArtifactKeys("app", "user", session).blockingGet().filenames();
  }

  @Test
  void saveArtifact_savesAndReturnsVersion() {
    assertThat(save("a", FILE, part(1, 2, 3))).isZero();
  }

  @Test
  void loadArtifact_loadsLatest() {
    save("a", FILE, part(1));
    save("a", FILE, part(1, 2));
    assertThat(load("a", FILE)).isEqualTo(part(1, 2).toJson());
    assertThat(load(artifacts(), "a", FILE, 0)).isEqualTo(part(1).toJson());
    assertThat(load(artifacts(), "a", FILE, 2)).isNull();
  }

  @Test
  void saveAndReloadArtifact_reloadsArtifact() {
    assertThat(
            artifacts()
                .saveAndReloadArtifact("app", "user", "a", FILE, part(1, 2, 3))
                .blockingGet()
                .toJson())
        .isEqualTo(part(1, 2, 3).toJson());
  }

  @Test
  void save_userNamespace_visibleAcrossSessions() {
    save("a", USER_FILE, part(9, 9, 9));
    assertThat(load("b", USER_FILE)).isEqualTo(part(9, 9, 9).toJson());
  }

  @Test
  void load_nonNamespacedFilename_notVisibleAcrossSessions() {
    save("a", FILE, part(1, 2, 3));
    assertThat(load("b", FILE)).isNull();
  }

  @Test
  void listArtifactKeys_userNamespace_visibleAcrossSessions() {
    save("a", USER_FILE, part(9));
    assertThat(names("b")).contains(USER_FILE);
  }

  @Test
  void listVersions_userNamespace_visibleAcrossSessions() {
    save("a", USER_FILE, part(1));
    save("a", USER_FILE, part(1, 2));
    assertThat(artifacts().listVersions("app", "user", "b", USER_FILE).blockingGet())
        .containsExactly(0, 1);
  }

  @Test
  void deleteArtifact_userNamespace_removesAcrossSessions() {
    save("a", USER_FILE, part(9));
    artifacts().deleteArtifact("app", "user", "b", USER_FILE).blockingAwait();
    assertThat(load("a", USER_FILE)).isNull();
  }

  @Test
  void listArtifactKeys_failedUserNamespaceLoad_doesNotCreatePhantomKey() {
    assertThat(load("a", USER_FILE)).isNull();
    assertThat(names("b")).isEmpty();
  }

  @Test
  void aFileOfThreeMegabytesIsReadByAnotherProcess() {
    Part large = Part.fromBytes(new byte[3_000_000], "image/png");
    save("a", "picture", large);
    assertThat(load(PersistentArtifactService.of(stores().another()), "a", "picture", null))
        .isEqualTo(large.toJson());
    artifacts().forgetSession("app", "user", "a").blockingAwait();
    assertThat(names("a")).isEmpty();
    assertThat(
            stores()
                .runtime()
                .largeValues()
                .descriptions()
                .keys(Owners.session("app", "user", "a"), ""))
        .isEmpty();
  }
}
