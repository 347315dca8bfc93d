package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the jars tell GraalVM and the module system is what the code does by reflection. */
class ReachabilityMetadataTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path RESOURCES = Path.of("src", "main", "resources");
  private static final Path SERVICES = RESOURCES.resolve("META-INF/services");
  private static final String CORE = "io.mistersmith.persistence.core.";
  private static final String ALL =
      ",\"allDeclaredConstructors\":true,\"allDeclaredFields\":true,\"allDeclaredMethods\":true}";
  private static final String MADE = ",\"methods\":[{\"name\":\"<init>\",\"parameterTypes\":[]}]}";

  @Test
  void apiNamesTheTypesThatJacksonMaps() throws IOException {
    JsonNode metadata = metadata(Path.of("..", "persistence-api"), "persistence-api");
    assertThat(metadata.path("reflection")).containsExactlyInAnyOrderElementsOf(mapped(false));
  }

  @Test
  void coreNamesWhatIsMappedMadeByNameAndGuarded() throws IOException {
    List<JsonNode> expected = new ArrayList<>(mapped(true));
    expected.add(entry(CORE + "internal.store.nats.GuardedDataPort", MADE));
    for (Path service : services()) {
      expected.add(entry(Files.readString(service).strip(), MADE));
    }
    for (String family : guarded()) {
      expected.add(entry(family, ",\"allPublicMethods\":true}"));
      expected.add(JSON.readTree("{\"type\":{\"proxy\":[\"" + family + "\"]}}"));
    }
    assertThat(metadata(Path.of("."), "persistence-core").path("reflection"))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void coreNamesItsServices() throws IOException {
    List<String> expected =
        services().stream().map(file -> "META-INF/services/" + file.getFileName()).toList();
    assertThat(metadata(Path.of("."), "persistence-core").path("resources"))
        .extracting(resource -> resource.path("glob").asText())
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  /** On the module path the providers are those of the module's declaration. */
  @Test
  void theModuleProvidesTheServices() throws IOException {
    String module = Files.readString(MappedTypes.SOURCES.resolve("module-info.java"));
    for (Path service : services()) {
      assertThat(module.replaceAll("\\s+", " "))
          .contains(
              "provides "
                  + service.getFileName()
                  + " with "
                  + Files.readString(service).strip()
                  + ";");
    }
  }

  /** Jackson sees types that are public in packages that are exported; others have to be opened. */
  @Test
  void theModuleOpensTheTypesThatJacksonMaps() throws IOException {
    String module = Files.readString(MappedTypes.SOURCES.resolve("module-info.java"));
    List<String> closed =
        MappedTypes.find().stream()
            .filter(type -> !Modifier.isPublic(type.getModifiers()))
            .map(Class::getPackageName)
            .toList();
    assertThat(closed)
        .isNotEmpty()
        .allMatch(name -> module.contains("opens " + name + " to\n"), "is opened to Jackson");
  }

  private static List<JsonNode> mapped(boolean ofCore) throws IOException {
    return MappedTypes.find().stream()
        .map(Class::getName)
        .filter(name -> name.startsWith(CORE) == ofCore)
        .map(name -> entry(name, ALL))
        .toList();
  }

  /** The interfaces that the guard of the stores makes proxies of. */
  private static List<String> guarded() throws IOException {
    String file = "io/mistersmith/persistence/core/internal/guard/GuardedAccess.java";
    return Pattern.compile("GuardedFamily\\.of\\((\\w+)\\.class")
        .matcher(Files.readString(MappedTypes.SOURCES.resolve(file)))
        .results()
        .map((MatchResult match) -> "io.mistersmith.persistence.spi.sql." + match.group(1))
        .toList();
  }

  private static List<Path> services() throws IOException {
    try (Stream<Path> files = Files.list(SERVICES)) {
      return files.toList();
    }
  }

  private static JsonNode metadata(Path module, String artifact) throws IOException {
    return JSON.readTree(
        module
            .resolve(RESOURCES)
            .resolve("META-INF/native-image/io.mistersmith.persistence")
            .resolve(artifact)
            .resolve("reachability-metadata.json")
            .toFile());
  }

  private static JsonNode entry(String type, String rest) {
    try {
      return JSON.readTree("{\"type\":\"" + type + "\"" + rest);
    } catch (IOException e) {
      throw new AssertionError(type, e);
    }
  }
}
