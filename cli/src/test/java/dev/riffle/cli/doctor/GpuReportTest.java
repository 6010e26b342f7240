package dev.riffle.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.doctor.DoctorCommand.Finding;
import dev.riffle.cli.doctor.DoctorCommand.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor says of machines with and without a GPU, made of files. */
class GpuReportTest {
  @TempDir Path root;

  private List<Finding> findings() {
    return DoctorCommand.gpus(new GpuReport(root, root.resolve("own").toString()));
  }

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text, StandardCharsets.ISO_8859_1);
  }

  private void driver(String version) throws IOException {
    file(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  "
            + version
            + "  Release Build  (builder)  Mon Jan 12 10:00:00 UTC 2026\n"
            + "GCC version:  gcc version 12.3.0\n");
    file(
        "proc/driver/nvidia/gpus/0000:00:05.0/information",
        "Model: \t\t NVIDIA H200\nIRQ:   \t\t 57\nGPU UUID: \t GPU-0\n");
  }

  @Test
  void aMachineWithoutACardIsWell() {
    assertThat(findings())
        .singleElement()
        .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.OK))
        .satisfies(f -> assertThat(f.found()).contains("no NVIDIA GPU", "none is needed"));
  }

  @Test
  void aCardWithoutADriverIsAWarning() throws IOException {
    file("sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n");
    file("sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n");
    file("sys/bus/pci/devices/0000:00:05.0/vendor", "0x10de\n");
    file("sys/bus/pci/devices/0000:00:05.0/class", "0x040300\n"); // its sound
    assertThat(findings()).singleElement().matches(f -> f.verdict() == Verdict.OK);

    file("sys/bus/pci/devices/0000:00:06.0/vendor", "0x10de\n");
    file("sys/bus/pci/devices/0000:00:06.0/class", "0x030200\n");
    assertThat(findings())
        .singleElement()
        .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.WARNING))
        .satisfies(f -> assertThat(f.hint()).contains("580 or later"));
  }

  @Test
  void whatIsThereIsNamedAndWhatIsMissingHasItsHint() throws IOException {
    driver("580.159.03");
    file("usr/local/nvidia/lib64/libcuda.so.1", "");
    file("usr/local/cuda-13.0/lib64/libnvrtc.so.13", "");

    List<Finding> findings = findings();

    assertThat(findings).hasSize(3);
    assertThat(findings.get(0).verdict()).isEqualTo(Verdict.OK);
    assertThat(findings.get(0).found()).contains("NVIDIA H200; driver 580.159.03; at most 80%");
    assertThat(findings.get(1).verdict()).isEqualTo(Verdict.OK);
    assertThat(findings.get(1).found()).endsWith("cuda-13.0/lib64/libnvrtc.so.13");
    assertThat(findings.get(2).verdict()).isEqualTo(Verdict.WARNING);
    assertThat(findings.get(2).found()).startsWith("libcublasLt.so.13 is missing");
    assertThat(findings.get(2).hint()).contains("libcublas-13-0", "LD_LIBRARY_PATH");
  }

  @Test
  void librariesAreFoundWhereTheLinkerFindsThem() throws IOException {
    GpuReport gpus = new GpuReport(root, root.resolve("own").toString());
    assertThat(gpus.library("libnvrtc.so.13")).isEmpty();

    file(
        "etc/ld.so.cache",
        "glibc-ld.so.cache1.1\0libnvrtc.so.13\0/opt/cuda/lib/libnvrtc.so.13\0libz.so.1\0");
    assertThat(gpus.library("libnvrtc.so.13")).hasValue(Path.of("/opt/cuda/lib/libnvrtc.so.13"));
    assertThat(gpus.library("libnvrtc.so")).isEmpty();

    file("own/libnvrtc.so.13", "");
    assertThat(gpus.library("libnvrtc.so.13")).hasValue(root.resolve("own/libnvrtc.so.13"));
  }

  @Test
  void aDriverThatIsTooOldOrCannotBeLinkedIsAWarning() throws IOException {
    driver("570.86.15");
    assertThat(findings().get(0).found()).contains("libcuda.so.1 is not on the library path");
    assertThat(findings().get(0).verdict()).isEqualTo(Verdict.WARNING);

    file("usr/lib64/libcuda.so.1", "");
    assertThat(findings().get(0).verdict()).isEqualTo(Verdict.WARNING);
    assertThat(findings().get(0).hint()).contains("580 or later");
  }
}
