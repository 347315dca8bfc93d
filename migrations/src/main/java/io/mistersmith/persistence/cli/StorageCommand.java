package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.StorageCompression;
import io.mistersmith.persistence.migration.online.StorageCompression.TableStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "storage",
    description = {
      "Lists what the tables with large values take, and how they compress new ones; or sets that."
          + " Values that are there keep their compression until they are written again. Needs the"
          + " set monitoring."
    })
final class StorageCommand extends AdviceCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Option(
      names = "--compress",
      paramLabel = "METHOD",
      description =
          "Compress new values by lz4, pglz or default (the server's setting). Where the server was"
              + " built without lz4, pglz is set.")
  private Optional<String> method;

  @Parameters(
      paramLabel = "TABLE",
      description = "The tables, as in agents.state; all that are listed when none is named.")
  private List<String> tables = new ArrayList<>();

  @Override
  public Integer call() {
    StorageCompression storage = new StorageCompression(connection.dataSource());
    List<String> lines = new ArrayList<>();
    if (method.isPresent()) {
      List<String> chosen =
          tables.isEmpty() ? storage.tables().stream().map(TableStorage::table).toList() : tables;
      for (String table : chosen) {
        String set = storage.set(table, method.get());
        if (!set.equals(method.get())) {
          lines.add("%s: %s, since the server lacks %s".formatted(table, set, method.get()));
        }
      }
    }
    List<TableStorage> now =
        storage.tables().stream()
            .filter(one -> tables.isEmpty() || tables.contains(one.table()))
            .toList();
    now.forEach(one -> lines.add(line(one)));
    output.print(lines, "tables", now.stream().map(StorageCommand::object).toList());
    return ExitCode.OK;
  }

  private static String line(TableStorage one) {
    return "%-26s %-8s rows %d kB, large values %d kB, indexes %d kB"
        .formatted(
            one.table(),
            one.compression(),
            one.rowBytes() / 1024,
            one.toastBytes() / 1024,
            one.indexBytes() / 1024);
  }

  private static Object object(TableStorage one) {
    return OutputOptions.object(
        "table", one.table(),
        "compression", one.compression(),
        "rowBytes", one.rowBytes(),
        "toastBytes", one.toastBytes(),
        "indexBytes", one.indexBytes());
  }
}
