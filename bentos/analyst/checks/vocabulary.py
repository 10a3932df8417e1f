"""The words that two sentences about a price may be made of, in every form. Directions are among them;
whether they are true is for other checks. Names of assets are not: the one that a text is about is taken out
before."""

from bentos.analyst.wording import Language

ENGLISH = """
a about accompanied across activity added advance advanced advances advancing affected after afterwards
ahead all almost along alongside also although always amid among amount amounting amplitude an and another
any appreciated appreciating appreciation approximately are around as asset at average averaged averages
averaging back balanced barely been began beginning begins behind being between big bit both bottom
bottomed bottoming bounced bouncing brief briefly broad broadly bumpy but by calm calmer calmly calmness
came candle candles certain change changed changes changing choppy climb climbed climbing climbs close
closed closely closes closing comparatively compared comparison complete considerable considerably
consistent consistently consolidated consolidation constant contained course crept crypto cryptocurrency
currency currently cycle d daily data date dated day days decline declined declines declining decrease
decreased decreases decreasing deep deepest degree departure depreciated despite difference dip dipped dips
direction dollar dollars down downs downtrend downward downwards drawdown drifted drifting drop dropped
dropping drops during each earlier early ease eased edged eight eighteen eighty either elevated eleven end
ended ending ends entire equal even eventually evolution exactly experienced experiencing extreme extremes
fact fairly fall fallen falling falls far fell few fifteen fifty figure figures final finally finish
finished finishing first five flat fluctuate fluctuated fluctuates fluctuating fluctuation fluctuations
followed following follows for forty four fourteen from full further gain gained gaining gains gap gaps
general generally gentle gently given going gradual gradually grew growing grown growth h had half halfway
hardly has have having heavy held hence high higher highest highly highs historic historical hour hourly
hours hovered hovering however hundred hundreds in increase increased increases increasing initial initially
interval intervals into intraday is it its itself jump jumped jumping jumps k kept know known landed landing
large largely largest last lasted lasting late later latest leaving left less level levels lie lies lift
lifted light like likewise limited little losing loss losses lost lot low lower lowest lows made maintained
maintaining many mark marked markedly market markets maximum mean meaning means meant meanwhile measured
measures mid midway mild mildly million minimal minimum minor minute minutes missing mixed moderate
moderately moderation modest modestly momentum month monthly more most mostly move moved movement movements
moves moving much muted narrow narrowed narrowly near nearby nearer nearly net night nine nineteen ninety
normal notable notably noticeable noticeably now number observed occurred of off on one only onward onwards
open opened opening or order ordinarily ordinary other otherwise over overall overview own pace pair part
particularly past path pattern peak peaked peaking peaks per percent percentage period periods phase place
plateaued point points position posted posting preceding precisely present previous previously price priced
prices pronounced proved pullback pullbacks pulled pulling pushed pushing quickly quiet quietly quite quote
quoted range ranged ranges ranging rapid rapidly rate rather reach reached reaching read reading real
reality rebound rebounded rebounding recent recently record recorded recording recovered recovering recovery
reduced reflected reflecting reflects registered relative relatively remained remaining remains resulted
resulting retreat retreated return returned returning returns right rise risen rises rising rose roughly run
running s same saw second see seeing seen serious session sessions set setback settled settling seven
seventeen seventy several shed shedding shift shifted shifting showed showing shown shows sideways
significant significantly similar similarly simply since single sits six sixteen sixty size slid slide
sliding slight slightly slip slipped slipping slow slowly small smaller smallest smooth smoothly so soft
some somewhat spell spent spread stability stable standing stands start started starting starts stay stayed
staying stays steadier steadily steady steep steeply step steps stood stretch strong stronger strongest
strongly subdued substantial substantially such swing swinging swings swung ten tended term terms than that
the their them then there these they third thirteen thirty this those though thousand three through
throughout thus tight tightly time times to together took top topped topping total totaling toward towards
trace traced trade traded trades trading trajectory travelled trend trended trending trends trough
turbulence turbulent turn turned twelve twenty two typical typically uncertain unchanged until up ups
uptrend upward upwards us usd utc value valued values variation variations varied vary varying very via
volatile volatility was way week weekly weeks well went were what when where whereas which while whole wide
widely wider width wild wildly with within witnessed year yearly years yet zero
"""
FRENCH = """
a accompagnant accompagné accompagnée accrue accusé achevant achevé achève actif actifs activité actuel
actuelle actuellement affichant affiche affiché affichée agité agitée ainsi alentours allant allé alors
amenant amené ampleur amplitude an ancien année années ans appréciation apprécié appréciée après arrivant
arrivé arrivée assez atteignait atteignant atteint atteinte atténuée au au-delà augmentant augmente augmenté
augmentée auparavant aussi autant autour autre autres aux avait avant avec avoir avoisinant avoisine ayant
baissait baisse baisser baisses baissier baissière baissé balancé bas base basse basses bien bond
bondi bougé brièvement brève calme calmement calmes car ce cela celle celui cent cents certain certaine ces
cet cette ceux chacune changement changements changé chaque chemin chiffre chiffres chutant chute chuté cinq
cinquante clôturant clôture clôturer clôtures clôturé combiné comme commencer commencé commençait commençant
comparé compris comprise compte comptes connaissant connaît connu considérable considérablement constamment
constant constante constaté contenu contenue contexte continu contre correction correspondant cotait
cotation cotations coté coup courant courbe cours court courte creux croissance crypto cryptoactif
cryptomonnaie crête crû cumul cumulé cumulée d dans date datée de degré demeurant demeure demeuré demeurée
depuis dernier derniers dernière dernières des descendait descendant descendre descendu descendue descente
deux devenu différence diminuant diminue diminution diminué direction dirigé discret dix dizaine dollar
dollars donc donné données dont douze du durant durée dynamique début débutant débuté départ dépassé dépit
dépréciation déprécié dépréciée désormais effet elle en encore enfin enregistrant enregistre enregistré
enregistrée ensemble ensuite entre environ est et eu exactement extrême extrêmement extrêmes facile faible
faiblement faibles faiblesse faire fait façon fin final finale finalement fini finir finissant fluctuait
fluctuant fluctuante fluctuants fluctuation fluctuations fluctue fluctué fois forme fort forte fortement
fortes forts fourchette gagnait gagnant gagne gagné gain gains glissant glissé global globale globalement
graduelle graduellement grand grande grandes grands grimpait grimpant grimpe grimpé général générale
généralement h hausse hausses haussier haussière haussé haut haute hautement hautes hebdomadaire
hebdomadaires heure heures historique historiques horaire horaires huit ici il important importante
importantes importants inchangé inchangée inchangés initial initiale initialement instant intense
intermédiaire intervalle intervalles j jour journalier journaliers journalière journée journées jours jusqu
k l la laps laquelle large largement larges le lent lentement lequel les leur leurs lieu ligne limité
limitée limitées lors lorsque là léger légers légère légèrement maintenant maintenu maintenue maintient mais
malgré manière manquant manquante manquantes manquants marche marché marchés marquant marqué marquée
marquées maximal maximale maximum mesuré mesurée mesurées mi mieux milieu mille million millions minimal
minimale minime minimum minute minutes modeste modéré modérée modérées modérément modérés moins mois moitié
moment montait montant monte monter montrant montre monté montée mouvement mouvements mouvementé mouvementée
moyen moyenne moyennement moyennes moyens même n net nette nettement nettes neuf neuve niveau niveaux nombre
nonante normal normale notable notablement notables noté nouveau numérique observe observé observée
observées onze ordinaire ordre orienté orientée oscillait oscillant oscillation oscillations oscille oscillé
ou ouvert ouverture où paire palier par parallèle parcourant parcours parcouru part partant parti
particulièrement partie partir passage passager passagère passait passant passe passé passée passées pendant
perd perdait perdant perdu permettant perte pertes petit petite petites petits peu phase pic plafond plage
plancher plat plateau plein plus plusieurs plutôt point points ponctué ponctuée portant porté position pour
pourcent pourcentage pratiquement premier première presque pris prix proche progressait progressant
progresse progression progressive progressivement progressé progrès prononcé prononcée près précis
précisément précédemment précédent précédente précédentes présent présenté puis période périodes qu quarante
quart quasi quasiment quatorze quatre que quelque quelques qui quinze quotidien quotidienne quotidiennes
quotidiens ralenti rapide rapidement rapport rebond rebondi recul reculait reculant recule reculs reculé
redescend redescendu reflète reflétant reflété regagné relatif relative relativement relevé relevés remonté
remontée repli replié repliée repris reprise représentant représente repère ressentie ressort ressorti
ressortie restait restant reste resté restée retombé retour retrait retrouvé revenu rythme réalisé réalisée
récent récente récentes récents réduit réduite réduites réel réelle régulier régulière régulièrement s sa
saut se seize semaine semaines sens sensible sensiblement sept septante serré serrée ses seul seule
seulement signant significatif significative signé similaire situant situe situé située six soit soixante
somme sommet son sont sorte soutenu soutenue stabilisant stabilise stabilisé stabilité stable stables stagné
subi suit suivant suivi suivie sujet sur surtout survenu série tandis tard taux tel telle tendance tendances
tenu tenue terme terminait terminant termine terminer terminé terminée terminées terminés tient tiers
tombait tombant tombé tombée total totale totalement touchant touche touché toujours tour tourne tous tout
toute toutefois toutes traduisant traduisent traduit trajectoire tranche treize trente trois troisième
trouvé très un une unité usd utc valait valant valeur valeurs valu variait variant variation variations
varie varié vaste vaut veille vers versant vif vingt vingtaine vingts visible vive volatil volatile
volatiles volatilité volatils voyant y zone zéro à écart écarts échange échanges égal égale également
élevait élevé élevée élevées épisode équilibre équilibré établi établissant établit étaient était étant
étape état étendu étendue étroit étroite été évoluait évoluant évolue évolution évolutions évolué
"""
VOCABULARY: dict[Language, frozenset[str]] = {
    "en": frozenset(ENGLISH.split()),
    "fr": frozenset(FRENCH.split()),
}
