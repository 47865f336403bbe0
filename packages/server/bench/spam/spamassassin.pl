# Scores messages with the machine's SpamAssassin, which takes a second to load: once for all of them. Reads frames from
# standard input, a line with the number of bytes and then as many; writes one line each: score, tab, RULE=points ...
use strict;
use warnings;
use Mail::SpamAssassin;

my ($state) = @ARGV;
my $assassin = Mail::SpamAssassin->new({
  local_tests_only     => 1,
  dont_copy_prefs      => 1,
  userprefs_filename   => "$state/none",
  userstate_dir        => $state,
  home_dir_for_helpers => $state,
  post_config_text     => "use_bayes 0\nuse_auto_welcomelist 0\nuse_txrep 0\ndns_available no\n",
});
$assassin->compile_now(0, 1);
binmode STDIN;
$| = 1;
print Mail::SpamAssassin::Version(), "\n";
while (my $length = <STDIN>) {
  chomp $length;
  my $bytes = '';
  read(STDIN, $bytes, $length) == $length or die "a frame of $length bytes breaks off\n";
  my $message = $assassin->parse($bytes, 1);
  my $status = $assassin->check($message);
  my $scores = $status->{conf}->{scores};
  print $status->get_score(), "\t", join(' ', map { "$_=" . ($scores->{$_} // 0) } @{ $status->{test_names_hit} }), "\n";
  $status->finish();
  $message->finish();
}
