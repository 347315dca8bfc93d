package io.mistersmith.persistence.spring.boot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.util.ClassUtils;

/**
 * What a native image has to keep, from the reachability metadata of the library's jars. GraalVM
 * for JDK 23 and later reads that itself, earlier ones read the form that Spring writes.
 */
final class PersistenceRuntimeHints implements RuntimeHintsRegistrar {
  private static final String METADATA =
      "META-INF/native-image/io.mistersmith.persistence/%s/reachability-metadata.json";

  /** Not migrations: its metadata names the types of its command line. */
  private static final List<String> ARTIFACTS = List.of("persistence-api", "persistence-core");

  private final ObjectMapper json = new ObjectMapper();

  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    ClassLoader loader = classLoader == null ? ClassUtils.getDefaultClassLoader() : classLoader;
    for (String artifact : ARTIFACTS) {
      JsonNode metadata = metadata(METADATA.formatted(artifact), loader);
      metadata.path("reflection").forEach(entry -> registerType(hints, entry, loader));
      metadata
          .path("resources")
          .forEach(entry -> hints.resources().registerPattern(entry.path("glob").asText()));
    }
    hints
        .resources()
        .registerPattern("io/mistersmith/persistence/db/*")
        .registerPattern("io/mistersmith/persistence/db/**");
  }

  private static void registerType(
      RuntimeHints hints, JsonNode entry, @Nullable ClassLoader loader) {
    JsonNode type = entry.path("type");
    if (type.isObject()) {
      type.path("proxy")
          .forEach(face -> hints.proxies().registerJdkProxy(TypeReference.of(face.asText())));
    } else if (entry.path("allDeclaredFields").asBoolean()) {
      new BindingReflectionHintsRegistrar()
          .registerReflectionHints(
              hints.reflection(), ClassUtils.resolveClassName(type.asText(), loader));
    } else {
      hints
          .reflection()
          .registerType(
              TypeReference.of(type.asText()),
              entry.path("allPublicMethods").asBoolean()
                  ? MemberCategory.INVOKE_PUBLIC_METHODS
                  : MemberCategory.INVOKE_DECLARED_CONSTRUCTORS);
    }
  }

  private JsonNode metadata(String name, @Nullable ClassLoader loader) {
    URL url = loader == null ? null : loader.getResource(name);
    if (url == null) {
      throw new IllegalStateException("The class path has no " + name);
    }
    try {
      return json.readTree(url);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + url, e);
    }
  }
}
