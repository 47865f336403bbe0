import type { RecipientWords } from './recipient-page-words.ts';

const times = (count: number): string => (count === 1 ? 'una vez' : `${count} veces`);

export const SPANISH: RecipientWords = {
  locale: 'es',
  title: 'Sobre este correo',
  notFound: {
    title: 'No hay nada que mostrar',
    text: 'No consta ningún correo en esta dirección. Puede que su remitente lo haya borrado o que la dirección no se haya copiado completa.',
    hint: 'Si ha llegado desde un enlace de un correo, inténtelo de nuevo desde allí.',
  },
  footer: [
    'Esta página es para usted, que ha recibido el correo. No necesita cuenta, no guarda cookies, y el hecho de abrirla no se registra.',
    'La ofrece Waybill, el programa con el que el remitente sigue sus correos.',
  ],
  heading: 'Qué se registra sobre este correo',
  intro:
    'El remitente de este correo ha pedido saber cuándo se lee. Aquí está todo lo que se sabe de su ejemplar. Si no lo desea, puede detenerlo aquí mismo.',
  introOfCount:
    'El remitente cuenta cuántas veces se abre este correo. Nada indica quién lo abrió: todos los ejemplares son iguales.',
  facts: { from: 'De', to: 'Para', subject: 'Asunto', sent: 'Enviado', counted: 'Recuento' },
  counted: (opened, clicked) => `abierto ${times(opened)}, enlaces seguidos ${times(clicked)}`,
  choice: {
    heading: 'Usted decide',
    offer: (recipient) =>
      `Si se opone, no se registrará nada más cuando lea correos de este remitente: ni este, ni otros que ya tenga, ni los nuevos enviados a ${recipient}. El remitente verá que se ha opuesto. Las imágenes y los enlaces seguirán funcionando.`,
    button: 'Detener el registro',
    pending: {
      lead: 'Su oposición queda guardada.',
      text: 'En este momento no se ha podido contactar con el servidor de la imagen, así que puede tardar unos minutos en aplicarse a los correos que ya tiene. No tiene que hacer nada más.',
    },
    objected: {
      lead: (time) => `Usted se opuso el ${time}.`,
      text: (recipient) =>
        `Desde entonces no se registra nada cuando usted lee correos de este remitente, ni este ni otros que ya tenga, y los nuevos enviados a ${recipient} no llevan seguimiento. Sus imágenes y enlaces siguen funcionando.`,
    },
    countStays:
      'El recuento de este correo es una excepción: como nada indica quién lo abrió, su apertura no se puede descontar.',
    ofCount:
      'Como las cifras corresponden a todos los destinatarios en conjunto, aquí no hay nada que se refiera solo a usted ni que se pueda detener. Si no quiere que se cuenten sus aperturas, bloquee las imágenes remotas en su programa de correo o responda al remitente.',
  },
  recorded: { heading: 'Qué se ha registrado', nothing: 'Nada por ahora.' },
  how: {
    heading: 'Cómo funciona',
    of: {
      off: 'Este correo no lleva imagen de seguimiento y sus enlaces están intactos. Solo se registra su camino por los servidores de correo.',
      aggregate:
        'Este correo lleva una pequeña imagen y enlaces que se cuentan para todos los destinatarios en conjunto. Nada indica quién lo abrió.',
      day: 'Este correo lleva una pequeña imagen. Cuando su programa de correo la carga, se registra el día y nada más: ni hora, ni dirección, ni lugar.',
      full: 'Este correo lleva una pequeña imagen y enlaces propios. Cuando su programa de correo carga la imagen o usted sigue un enlace, se registran la hora, la dirección de Internet, el lugar aproximado que le corresponde y el programa de correo.',
    },
    keptFor: (days) =>
      days === null
        ? 'Las direcciones de Internet se conservan mientras el remitente guarde este registro.'
        : `${days === 1 ? 'Pasado un día' : `Pasados ${days} días`}, las direcciones de Internet y los lugares se hacen tan imprecisos que ya no señalan ningún hogar.`,
  },
  events: {
    accepted: 'Entregado por el remitente',
    relayed: 'Enviado',
    deferred: 'Un servidor de correo pidió volver a intentarlo más tarde',
    delivered: 'Llegó a su servidor de correo',
    bounced: 'Volvió porque no se pudo entregar',
    opened: 'Se cargó la imagen',
    clicked: 'Se siguió un enlace',
    receipt: 'Llegó una confirmación de lectura',
    'auto-replied': 'Llegó una respuesta automática',
    replied: 'Llegó una respuesta',
    complained: 'Se denunció como no deseado',
    objected: 'Usted se opuso',
  },
  actors: {
    human: 'Se le atribuye a usted, o a quien lea su correo',
    'human-via-proxy': 'Se le atribuye a usted, a través de un servidor que oculta dónde está',
    prefetch: 'Se atribuye a un servicio de correo que carga las imágenes por adelantado, no a usted',
    scanner: 'Se atribuye a un control de seguridad, no a usted',
    'preview-bot': 'Se atribuye a un programa que crea vistas previas de enlaces, no a usted',
    automation: 'Se atribuye a un programa, no a usted',
    self: 'Se atribuye al remitente',
    unknown: 'No se sabe por quién',
  },
  details: {
    place: 'Lugar',
    program: 'Programa',
    address: 'Dirección de Internet',
    network: 'Red',
    link: 'Enlace',
    colon: ': ',
    ownNetwork: 'la red del propio remitente',
    placeUnknown: 'desconocido',
    programOn: (program, system) => `${program} en ${system}`,
  },
};
