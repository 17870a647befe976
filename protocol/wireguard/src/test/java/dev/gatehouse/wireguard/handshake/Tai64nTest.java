package dev.gatehouse.wireguard.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Tai64nTest {
    @Test
    void labelsAreBigEndianAndCountFromTwoToThe62PlusTen() {
        var label = Tai64n.ofUnixNs(1_000_000_000L * 3 + 7);

        assertThat(label.toBytes()).isEqualTo(HexFormat.of().parseHex("400000000000000d00000007"));
        assertThat(Tai64n.ofBytes(label.toBytes())).isEqualTo(label);
    }

    @Test
    void labelsCompareUnsigned() {
        var far = new Tai64n(-1, -1);
        var near = Tai64n.ofUnixNs(0);

        assertThat(far.isAfter(near)).isTrue();
        assertThat(near.isAfter(Tai64n.ZERO)).isTrue();
        assertThat(near.next().isAfter(near)).isTrue();
        assertThat(near.isAfter(near)).isFalse();
        assertThat(Tai64n.ofUnixNs(999_999_999).next()).isEqualTo(Tai64n.ofUnixNs(1_000_000_000));
    }
}
