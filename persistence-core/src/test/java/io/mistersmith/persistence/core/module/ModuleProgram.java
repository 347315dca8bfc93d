package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A program in a named module: compiled against the modules of the library, and run in a JVM that
 * has everything on its module path and nothing on its class path.
 */
final class ModuleProgram {

  private static final Path SOURCES = Path.of("src", "test", "modules");
  private static final String MAIN = "io.mistersmith.example/io.mistersmith.example.Main";
  private static final int SECONDS = 120;

  /** A class of each module that the engine needs at run time. */
  private static final List<String> ENGINE =
      List.of(
          "io.mistersmith.persistence.Persistence",
          "io.mistersmith.persistence.core.CorePersistenceProvider",
          "io.mistersmith.persistence.migration.MigrationRunner",
          "com.fasterxml.jackson.annotation.JsonProperty",
          "com.fasterxml.jackson.core.JsonFactory",
          "com.fasterxml.jackson.databind.ObjectMapper",
          "com.fasterxml.jackson.datatype.jdk8.Jdk8Module",
          "com.fasterxml.jackson.datatype.jsr310.JavaTimeModule",
          "com.github.benmanes.caffeine.cache.Caffeine",
          "com.zaxxer.hikari.HikariDataSource",
          "dev.failsafe.Failsafe",
          "io.leangen.geantyref.GenericTypeReflector",
          "io.nats.client.Nats",
          "org.bouncycastle.jce.provider.BouncyCastleProvider",
          "org.jdbi.v3.core.Jdbi",
          "org.jspecify.annotations.Nullable",
          "org.postgresql.Driver",
          "org.slf4j.Logger");

  private final Path folder;
  private final String modulePath;

  private ModuleProgram(Path folder, List<String> modules) {
    this.folder = folder;
    this.modulePath =
        modules.stream()
            .map(ModuleProgram::locationOf)
            .distinct()
            .collect(Collectors.joining(System.getProperty("path.separator")));
  }

  /**
   * Compiles a program.
   *
   * @param name the folder of its sources
   * @param folder where its classes go
   * @param others a class of each further module
   */
  static ModuleProgram compile(String name, Path folder, String... others) {
    ModuleProgram program =
        new ModuleProgram(folder, Stream.concat(ENGINE.stream(), Stream.of(others)).toList());
    List<String> arguments =
        new ArrayList<>(
            List.of("--release", "17", "-p", program.modulePath, "-d", folder.toString()));
    for (Path sources : List.of(SOURCES.resolve("common"), SOURCES.resolve(name))) {
      try (Stream<Path> files = Files.list(sources)) {
        files.map(Path::toString).sorted().forEach(arguments::add);
      } catch (IOException e) {
        throw new AssertionError(sources + " cannot be read", e);
      }
    }
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(result).as("result of the compiler").isZero();
    return program;
  }

  /** Returns what the program prints until its end, and fails where that is no success. */
  String run(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-p",
                folder + System.getProperty("path.separator") + modulePath,
                "-m",
                MAIN));
    command.addAll(List.of(arguments));
    Path printed = folder.resolveSibling("printed");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    try {
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      String output = Files.readString(printed);
      assertThat(ended).as("ended within %d s: %s", SECONDS, output).isTrue();
      assertThat(process.exitValue()).as("exit status: %s", output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String locationOf(String type) {
    try {
      return Path.of(
              Class.forName(type).getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (ClassNotFoundException | URISyntaxException e) {
      throw new AssertionError(type + " is on no class path", e);
    }
  }
}
