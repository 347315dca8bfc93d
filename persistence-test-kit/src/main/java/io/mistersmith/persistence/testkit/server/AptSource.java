package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One entry of the system's package sources, in either of apt's two notations.
 *
 * @param uris where the archive is
 * @param suites the releases that it is used for
 * @param components its parts, for example "main"
 * @param signedBy the keyring's path or the key itself; empty for the system's trusted keys
 */
record AptSource(
    List<String> uris, List<String> suites, List<String> components, Optional<String> signedBy) {

  /** All enabled binary sources of the system below a directory such as /etc/apt. */
  static List<AptSource> ofSystem(Path etcApt) {
    List<AptSource> sources = new ArrayList<>();
    try {
      Path main = etcApt.resolve("sources.list");
      if (Files.isReadable(main)) {
        sources.addAll(parseList(Files.readString(main)));
      }
      Path parts = etcApt.resolve("sources.list.d");
      if (Files.isDirectory(parts)) {
        try (Stream<Path> files = Files.list(parts)) {
          for (Path file : files.sorted().filter(Files::isReadable).toList()) {
            if (file.toString().endsWith(".list")) {
              sources.addAll(parseList(Files.readString(file)));
            } else if (file.toString().endsWith(".sources")) {
              sources.addAll(parseDeb822(Files.readString(file)));
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the package sources in " + etcApt, e);
    }
    return sources;
  }

  /** Reads the one-line notation: {@code deb [options] uri suite component...}. */
  static List<AptSource> parseList(String text) {
    List<AptSource> sources = new ArrayList<>();
    for (String raw : text.lines().toList()) {
      String line = raw.split("#", 2)[0].strip();
      if (!line.matches("deb\\s.*")) {
        continue;
      }
      String rest = line.substring("deb".length()).strip();
      Optional<String> signedBy = Optional.empty();
      if (rest.startsWith("[")) {
        int end = rest.indexOf(']');
        if (end < 0) {
          continue;
        }
        signedBy =
            words(rest.substring(1, end)).stream()
                .filter(option -> option.toLowerCase(Locale.ROOT).startsWith("signed-by="))
                .map(option -> option.substring("signed-by=".length()))
                .findFirst();
        rest = rest.substring(end + 1).strip();
      }
      List<String> words = words(rest);
      if (words.size() >= 2) {
        sources.add(
            new AptSource(
                List.of(words.get(0)),
                List.of(words.get(1)),
                words.subList(2, words.size()),
                signedBy));
      }
    }
    return sources;
  }

  /** Reads the deb822 notation: paragraphs of fields, as in {@code debian.sources}. */
  static List<AptSource> parseDeb822(String text) {
    List<AptSource> sources = new ArrayList<>();
    Map<String, String> fields = new LinkedHashMap<>();
    String field = "";
    for (String line : Stream.concat(text.lines(), Stream.of("")).toList()) {
      if (line.startsWith("#")) {
        continue;
      }
      if (line.isBlank()) {
        fromFields(fields).ifPresent(sources::add);
        fields.clear();
        field = "";
      } else if (Character.isWhitespace(line.charAt(0))) {
        fields.merge(field, line, (before, more) -> before + "\n" + more);
      } else if (line.indexOf(':') > 0) {
        int colon = line.indexOf(':');
        field = line.substring(0, colon).toLowerCase(Locale.ROOT);
        fields.put(field, line.substring(colon + 1).strip());
      }
    }
    return sources;
  }

  private static Optional<AptSource> fromFields(Map<String, String> fields) {
    boolean enabled = !fields.getOrDefault("enabled", "yes").strip().equalsIgnoreCase("no");
    if (!enabled || !words(fields.getOrDefault("types", "")).contains("deb")) {
      return Optional.empty();
    }
    return Optional.of(
        new AptSource(
            words(fields.getOrDefault("uris", "")),
            words(fields.getOrDefault("suites", "")),
            words(fields.getOrDefault("components", "")),
            Optional.ofNullable(fields.get("signed-by"))));
  }

  private static List<String> words(String text) {
    return Stream.of(text.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  /** This archive for another suite, in the deb822 notation. */
  String withSuite(String suite, String component) {
    StringBuilder text = new StringBuilder();
    text.append("Types: deb\n");
    text.append("URIs: ").append(String.join(" ", uris)).append('\n');
    text.append("Suites: ").append(suite).append('\n');
    text.append("Components: ").append(component).append('\n');
    // A key that is written into the source begins on the next line.
    signedBy.ifPresent(
        key ->
            text.append(key.startsWith("\n") ? "Signed-By:" : "Signed-By: ")
                .append(key)
                .append('\n'));
    return text.toString();
  }
}
